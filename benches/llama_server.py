#!/usr/bin/env python3
"""`aludel` against a real OpenAI-compatible server: llama.cpp's own, which PyPI's xllamacpp holds, with SmolLM2-135M-Instruct.

1. `bench questions`: the engine `openai` drafts from real articles, beside the rules, and tries every accepted question (`[verify.trial]`).
2. The same again: no call is made twice.
3. `verify --trial` on candidates of the shared bench, where it is there: open book and closed book through the same engine.
Prints what was answered, accepted and rejected, which dialect the server was spoken to in, and usage and cost as `aludel` counted them
beside the tokens that the server itself counted. The model is far too small to write good questions: this shows the wire, not quality.

usage: python3 benches/llama_server.py [PATH_TO_ALUDEL] [ARTICLE…]
Articles default to the first two of `ALUDEL_SHARED`/data/jats/elife. Uses the environment of decoder_peers.py (`PEERS_ENVIRONMENT`).
"""
import collections
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from decoder_peers import enter, model_file

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ALUDEL_SHARED", ROOT.parent / "shared"))
CANDIDATES = 4


def serve():
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {"smollm2-135m-instruct"}
    parameters.n_ctx = 2 * 4096
    parameters.n_parallel = 2
    # Two threads that spin on cores that are not theirs alone wait for each other most of the time.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.port = 0
    parameters.endpoint_metrics = True
    return xllamacpp.Server(parameters)


def counted(server):
    """Prompt and reply tokens, as the server counts them."""
    with urllib.request.urlopen(f"{server.listening_address.rstrip('/')}/metrics") as answer:
        text = answer.read().decode()
    of = lambda name: int(float(re.search(rf"^llamacpp:{name} (\S+)", text, re.M)[1]))
    return of("prompt_tokens_total"), of("tokens_predicted_total")


def configuration(folder, server):
    # With no agreement asked for, every question comes to the closed book and the judge.
    path = folder / "aludel.toml"
    path.write_text(f"""
data_dir = {json.dumps(str(folder / "data"))}
[question]
generators = ["rules", "openai"]
[question.rules]
max_drafts = 4
[question.model]
max_questions = 1
max_requests = 1
max_passage_bytes = 2000
max_reply_tokens = 300
[llm]
model = "smollm2-135m-instruct"
max_concurrency = 2
timeout_seconds = 1200
deadline_seconds = 7200
[llm.prices]
prompt_per_million = 0.1
completion_per_million = 0.4
[[llm.endpoints]]
base_url = {json.dumps(server.listening_address.rstrip('/') + "/v1")}
[verify.trial]
enabled = true
open_book_samples = 2
closed_book_samples = 1
least_agreement = 0.0
max_reply_tokens = 200
judge = true
""")
    return path


def run(aludel, *words):
    began = time.monotonic()
    # Its own settings may come from the environment, too; this one is the script's.
    environment = {name: value for name, value in os.environ.items() if name != "ALUDEL_SHARED"}
    done = subprocess.run([aludel, *map(str, words)], capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stderr[-4000:])
    return [json.loads(line) for line in done.stdout.splitlines()], time.monotonic() - began


def calls(found):
    for spend in found["model_calls"]:
        print(f"  {spend['stage']} by {spend['model']}: {spend['calls']} calls, {spend['prompt_tokens']} tokens in, "
              f"{spend['completion_tokens']} out, cost {spend['cost_micros'] / 1e6:.4f}")


def replies(store):
    """What the replies were, as they are kept; one that is JSON from its first byte was held to the schema by the server."""
    import zstandard

    kinds = collections.Counter()
    for stage, request, response in sqlite3.connect(store).execute("SELECT stage, request, response FROM model_calls"):
        request, reply = (json.loads(zstandard.decompress(packed)) for packed in (request, response))
        try:
            kind = type(json.loads(reply["text"])).__name__
        except ValueError:
            kind = "begun object" if reply["text"].startswith("{") else "text"
        repair = len(request["messages"]) > 2
        kinds[stage, "schema" if request["schema"] else "free", kind, json.dumps(reply["finish"]), "repair" if repair else "first"] += 1
    for (stage, asked, kind, finish, turn), n in sorted(kinds.items()):
        print(f"  {stage}, {asked}, {turn}: {n} replies are {kind}, ended by {finish}")


def main(aludel, articles):
    server = serve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        config = configuration(folder, server)
        words = ["bench", "questions", *articles, "--config", config, "--keep", folder / "kept", "--sample", 3, "--json"]
        [found], seconds = run(aludel, *words)
        prompt, reply = counted(server)
        print(f"{found['articles']} articles in {seconds:.0f} s: {found['drafted']} drafts, {found['accepted']} questions accepted")
        for by in found["generators"]:
            print(f"  {by['generator']}: {by['drafted']} drafted, accepted {by['accepted'] and by['accepted']['value']}")
        for reason, n in sorted(found["rejected"].items(), key=lambda pair: -pair[1])[:10]:
            print(f"  {n} rejected, {reason}")
        for stage in found["stages"]:
            if stage["calls"]:
                print(f"  {stage['stage']}: {stage['passed']} passed, {stage['failed']} failed, {stage['review']} unanswered")
        calls(found)
        print(f"  the server counted {prompt} tokens in and {reply} out")
        replies(folder / "kept" / "aludel.db")
        run(aludel, *words)
        print(f"again: {'no call' if counted(server) == (prompt, reply) else 'calls'} reached the server")
        bench = SHARED / "bench" / "qa_bench.jsonl"
        if not bench.exists():
            print(f"skipped: {bench} is not there")
            return
        some = folder / "some.jsonl"
        lines = [line for line in bench.read_text().splitlines() if json.loads(line)["label"] == "accept"]
        some.write_text("\n".join(lines[:CANDIDATES]) + "\n")
        reports, seconds = run(aludel, "verify", some, "--articles", SHARED / "data", "--config", config, "--trial", "--json")
        verdicts = {}
        for report in reports:
            for stage in report["stages"]:
                if stage["stage"] in ("open_book", "closed_book", "judge"):
                    key = (stage["stage"], stage["verdict"])
                    verdicts[key] = verdicts.get(key, 0) + 1
        print(f"verify --trial: {len(reports)} good candidates in {seconds:.0f} s, {sum(r['verdict'] == 'accept' for r in reports)} left")
        for (stage, verdict), n in sorted(verdicts.items()):
            print(f"  {stage}: {n} {verdict}")


if __name__ == "__main__":
    enter()
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "release" / "aludel"
    papers = sys.argv[2:] or sorted((SHARED / "data" / "jats" / "elife").glob("*"))[:2]
    if not papers:
        sys.exit(f"skipped: no articles in {SHARED / 'data' / 'jats' / 'elife'}")
    main(program, papers)
