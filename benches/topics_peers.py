"""aludel's topic classifier beside scikit-learn: the same texts, the same split forward in time, the same scores.

    python3 benches/topics_peers.py target/release/aludel SERIES.csv.gz FIRST_TEST_DAY [MORE_TEST.csv.gz | FOLDER_OF_ARTICLES]...

The series has date, subjects (';' between them), and title, keywords or abstract, such as eLife's. Both sides learn from the texts before the
day and label those from it on. A label is right when it is one of the text's topics. Of a folder of JATS articles title, abstract and own subjects
are read with `aludel parse`; what is dated in the training days is left out. Makes its own environment under target/.
"""
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment


def fold(label):
    words = "".join(c if c.isalnum() else " " for c in label.replace("&", " and ").lower()).split()
    return " ".join(words)


def topics_by_label(aludel):
    """Every label that the program knows -> topic."""
    known = {}
    for line in subprocess.run([aludel, "topics", "list", "--json"], capture_output=True, check=True).stdout.splitlines():
        topic = json.loads(line)
        for label in [topic["id"], topic["name"], *topic["labels"], *(c["label"] for c in topic["changes"])]:
            known[fold(label)] = topic["id"]
    return known


def articles(aludel, folder, path):
    """The articles of a folder as a table of the series' form."""
    files = sorted(str(file) for file in Path(folder).rglob("*.xml*"))
    parsed = subprocess.run([aludel, "parse", "--json", *files], capture_output=True).stdout
    with open(path, "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["doi", "date", "subjects", "title", "abstract"])
        seen = set()
        for document in map(json.loads, parsed.splitlines()):
            days = sorted(day for day in (document.get("dates") or {}).values() if len(day) == 10)
            if document.get("doi") in seen or not days:
                continue
            seen.add(document.get("doi"))
            abstract = " ".join(passage["text"] for passage in document.get("abstract") or [])
            table.writerow([document["doi"], days[0], ";".join(document["subjects"]), document["title"], abstract])


def read(path, known):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    for row in csv.DictReader(opened):
        topics = list(dict.fromkeys(known[fold(s)] for s in row["subjects"].split(";") if fold(s) in known))
        text = " . ".join(row.get(name) or "" for name in ("title", "keywords", "abstract") if name in row)
        if topics and any(c.isalnum() for c in text) and len(row["date"]) == 10:
            yield row["date"], text, topics


def scores(model_topics, probabilities, gold, least):
    import numpy as np

    index = {topic: k for k, topic in enumerate(model_topics)}
    n, right, sure, sure_right = 0, 0, 0, 0
    support = np.zeros(len(index))
    hit, said, right_said = np.zeros(len(index)), np.zeros(len(index)), np.zeros(len(index))
    bins = np.zeros((10, 2))
    for row, topics in zip(probabilities, gold):
        own = [index[t] for t in topics if t in index]
        if not own:
            continue
        guess = int(np.argmax(row))
        ok = guess in own
        n, right = n + 1, right + ok
        sure, sure_right = sure + (row[guess] >= least), sure_right + (ok and row[guess] >= least)
        support[own[0]] += 1
        hit[own[0]] += ok
        said[guess] += 1
        right_said[guess] += ok
        bins[min(int(row[guess] * 10), 9)] += (ok, row[guess])
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = np.nan_to_num(right_said / said), np.nan_to_num(hit / support)
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return {
        "n": n,
        "top_1": right / n,
        "macro_f1": float(f1[support >= 20].mean()) if (support >= 20).any() else 0.0,
        "calibration_error": float(np.abs(bins[:, 0] - bins[:, 1]).sum() / n),
        "coverage": sure / n,
        "covered_top_1": sure_right / max(sure, 1),
    }


def scikit(train, test, c):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    started = time.perf_counter()
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    # A text with several topics is learnt once for each, with an equal part of its weight.
    rows = [(text, topic, 1 / len(topics)) for _, text, topics in train for topic in topics]
    counts = {}
    for _, topic, _ in rows:
        counts[topic] = counts.get(topic, 0) + 1
    rows = [row for row in rows if counts[row[1]] >= 5]
    features = vectorizer.fit_transform([text for text, _, _ in rows])
    model = LogisticRegression(C=c, max_iter=1000)
    model.fit(features, [topic for _, topic, _ in rows], sample_weight=[weight for _, _, weight in rows])
    trained = time.perf_counter() - started
    started = time.perf_counter()
    probabilities = model.predict_proba(vectorizer.transform([text for _, text, _ in test]))
    return list(model.classes_), probabilities, trained, time.perf_counter() - started


def main():
    aludel, series, day, *more = sys.argv[1:]
    known = topics_by_label(aludel)
    rows = sorted(read(series, known))
    train = [row for row in rows if row[0] < day]
    least = 0.4
    with tempfile.TemporaryDirectory() as folder:
        for at, path in enumerate(more):
            if os.path.isdir(path):
                more[at] = os.path.join(folder, f"articles-{os.path.basename(path)}.csv")
                articles(aludel, path, more[at])
        sets = [(series, [row for row in rows if row[0] >= day])] + [(path, list(read(path, known))) for path in more]
        model = os.path.join(folder, "topics.model")
        command = [aludel, "topics", "train", "--series", series, "--until", day, "--model", model, "--json"]
        trained = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        print(f"{len(train)} training texts before {day}, {len(trained['topics'])} topics, temperature {trained['temperature']:.2f}")
        for path, test in sets:
            command = [aludel, "topics", "eval", "--series", path, "--model", model, "--json"]
            command += ["--from", day] if path == series else []
            evaluated = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            table = [("aludel", evaluated["scores"], trained["seconds"], evaluated["seconds"])]
            for c in (1.0, 10.0):
                if path != series:
                    lines = [row for row in test if not trained["from"] <= row[0] <= trained["to"]]
                else:
                    lines = test
                topics, probabilities, fit, predict = scikit(train, lines, c)
                result = scores(topics, probabilities, [topics for _, _, topics in lines], least)
                table.append((f"scikit-learn C={c:g}", result, fit, predict))
            print(f"\n{os.path.basename(path)}: {len(test)} texts")
            print("                    n  top-1  macro-F1  calibration error  coverage  right when sure  train s  label s")
            for name, s, fit, predict in table:
                print(f"{name:<18} {s['n']:>3}  {s['top_1']:.3f}  {s['macro_f1']:.3f}     {s['calibration_error']:.3f}              "
                      f"{s['coverage']:.3f}     {s['covered_top_1']:.3f}            {fit:.2f}     {predict:.3f}")
            for row in evaluated["scores"]["classes"]:
                if row["n"] >= 20:
                    print(f"    {row['topic']:<32} n {row['n']:>4}  F1 {row['f1']:.2f}")


if __name__ == "__main__":
    environment.enter("peers-topics", ["numpy", "scipy", "scikit-learn"])
    main()
