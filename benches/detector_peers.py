"""False alarms a year and delay on simulated weeks: aludel's detector beside Evidently's and NannyML's defaults.

    python3 benches/detector_peers.py target/release/aludel [YEARS] [ROWS_A_WEEK]

`aludel drift calibrate --export` writes weeks in which nothing moves but a field's rhythms, then weeks with a sudden shift a year after the
reference. Each tool gets the same first 26 weeks as its reference and the last four weeks as its window, once a week. Evidently: ValueDrift of
the topic column with its default method and threshold for the size. NannyML: Jensen-Shannon on the categorical column in weekly
chunks, with its default threshold (three standard deviations of the reference's chunks). A false alarm of theirs is a week that is called drift where the week before was not; aludel's is a refresh.
Makes its own environment under target/.
"""
import collections
import csv
import datetime
import json
import os
import subprocess
import sys
import tempfile
import warnings

import environment

REFERENCE_WEEKS, WINDOW_WEEKS, QUIET_WEEKS = 26, 4, 52
SHIFTS = (0.05, 0.1, 0.2)


def export(aludel, path, years, rows, shift=None):
    command = [aludel, "drift", "calibrate", "--export", path, "--years", str(years), "--per-week", str(rows)]
    command += ["--shift", str(shift)] if shift else []
    subprocess.run(command, check=True)
    runs = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path) as lines:
        for row in csv.DictReader(lines):
            runs[int(row["run"])][row["week"]].append((row["source"], row["topic"], int(row["count"])))
    return {run: sorted(weeks.items()) for run, weeks in runs.items()}


def windows(weeks):
    for at in range(REFERENCE_WEEKS + WINDOW_WEEKS - 1, len(weeks)):
        yield at, weeks[at + 1 - WINDOW_WEEKS : at + 1]


def column(weeks):
    import numpy as np

    counts = collections.Counter()
    for _, rows in weeks:
        for _, topic, count in rows:
            counts[topic] += count
    names, sizes = zip(*sorted(counts.items()))
    return np.repeat(np.array(names, dtype=object), sizes)


def evidently(weeks):
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    definition = DataDefinition(categorical_columns=["topic"])
    dataset = lambda part: Dataset.from_pandas(pd.DataFrame({"topic": column(part)}), data_definition=definition)
    reference = dataset(weeks[:REFERENCE_WEEKS])
    for at, window in windows(weeks):
        metric = Report([ValueDrift(column="topic")]).run(dataset(window), reference).dict()["metrics"][0]
        method, threshold, value = metric["config"]["method"], metric["config"]["threshold"], float(metric["value"])
        yield at, value < threshold if "p_value" in method else value >= threshold


def nannyml(weeks):
    import nannyml as nml
    import pandas as pd

    calculator = nml.UnivariateDriftCalculator(
        column_names=["topic"], treat_as_categorical=["topic"], categorical_methods=["jensen_shannon"],
        timestamp_column_name="week", chunk_period="W",
    )

    def frame(part):
        return pd.concat(pd.DataFrame({"topic": column([week]), "week": week[0]}) for week in part)

    calculator.fit(frame(weeks[:REFERENCE_WEEKS]))
    result = calculator.calculate(frame(weeks[REFERENCE_WEEKS:])).filter(period="analysis").to_df()
    for at, is_drift in enumerate(result[("topic", "jensen_shannon", "alert")], REFERENCE_WEEKS):
        yield at, bool(is_drift)


def ours(aludel, weeks):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weeks.csv")
        with open(path, "w") as out:
            out.write("date,source,topic,count\n")
            for week, rows in weeks:
                out.writelines(f"{week},{source},{topic},{count}\n" for source, topic, count in rows)
            # The last week is full when there is a row of its Sunday.
            last, (source, topic, _) = weeks[-1][0], weeks[-1][1][0]
            out.write(f"{datetime.date.fromisoformat(last) + datetime.timedelta(days=6)},{source},{topic},1\n")
        command = [aludel, "drift", "history", "--series", path, "--plain-labels", "--json"]
        lines = subprocess.run(command, capture_output=True, check=True).stdout.splitlines()
    for at, line in enumerate(lines, REFERENCE_WEEKS + WINDOW_WEEKS - 1):
        yield at, json.loads(line)["refresh"]


def main():
    warnings.filterwarnings("ignore")
    os.environ.update(NML_DISABLE_USAGE_LOGGING="1", DO_NOT_TRACK="1")
    import logging

    logging.disable(logging.WARNING)
    aludel = sys.argv[1]
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    tools = {"aludel": lambda weeks: ours(aludel, weeks), "Evidently": evidently, "NannyML": nannyml}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weeks.csv")
        quiet = export(aludel, path, years, rows)
        shifted = {shift: export(aludel, path, 10, rows, shift) for shift in SHIFTS}
    print(f"{years} years in which nothing moves, {rows} rows a week; then five sudden shifts of each size\n")
    print("tool        false alarms a year   weeks called drift   delay at JS " + "   ".join(f"{s:>8}" for s in SHIFTS))
    for name, judge in tools.items():
        alarms, called, judged = 0, 0, 0
        for weeks in quiet.values():
            before = False
            for _, is_drift in judge(weeks):
                alarms += is_drift and not before
                called += is_drift
                judged += 1
                before = is_drift
        delays = []
        for shift in SHIFTS:
            found = []
            for weeks in shifted[shift].values():
                at = [at for at, is_drift in judge(weeks) if is_drift and at >= REFERENCE_WEEKS + QUIET_WEEKS]
                found.append(at[0] - REFERENCE_WEEKS - QUIET_WEEKS + 1 if at else None)
            known = sorted(weeks for weeks in found if weeks is not None)
            delays.append(f"{known[len(known) // 2]} ({len(known)}/{len(found)})" if known else f"- (0/{len(found)})")
        print(f"{name:<10}  {alarms / (judged / 52.18):>19.2f}   {100 * called / judged:>16.1f} %   {'':<11} " + "   ".join(f"{d:>8}" for d in delays))


if __name__ == "__main__":
    environment.enter("peers-detector", ["evidently", "nannyml", "pandas<3"])
    main()
