#!/usr/bin/env python3
"""`aludel drift score` beside SciPy and NumPy, in one run on one machine.

1. The statistics on 1,000 random tables equal SciPy's jensenshannon(base=2) and the plain PSI of the design to 1e-9.
2. A million labelled rows with 1,000 bootstrap draws: seconds and peak memory, and the ratio against NumPy.

usage: python3 benches/drift_peers.py PATH_TO_ALUDEL [tables]
Makes a virtual environment under target/ with numpy and scipy from PyPI.
"""
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment


def plain_psi(reference, current):
    import numpy as np

    def floored(counts):
        shares = np.maximum(counts / counts.sum(), 1e-4)
        return shares / shares.sum()

    r, c = floored(reference), floored(current)
    return float(((c - r) * np.log(c / r)).sum())


def agree(aludel, tables):
    import numpy as np
    from scipy.spatial.distance import jensenshannon

    rng = np.random.default_rng(20261124)
    worst = {"jensen_shannon": 0.0, "psi": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("reference.csv", "current.csv")]
        for _ in range(tables):
            topics = int(rng.integers(2, 60))
            shares = rng.dirichlet(np.full(topics, rng.uniform(0.1, 3.0)))
            other = rng.dirichlet(np.full(topics, 1.0)) * 0.2 + shares * 0.8
            sides = [rng.multinomial(int(rng.integers(20, 200_000)), s / s.sum()) for s in (shares, other)]
            for path, counts in zip(files, sides):
                path.write_text("topic,count\n" + "".join(f"t{k},{n}\n" for k, n in enumerate(counts)))
            command = [aludel, "drift", "score", "--json", "--draws", "100"]
            command += ["--reference", files[0], "--current", files[1]]
            report = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            reference, current = sides
            expected = {
                "jensen_shannon": float(jensenshannon(reference, current, base=2)),
                "psi": plain_psi(reference, current),
            }
            for name, value in expected.items():
                worst[name] = max(worst[name], abs(report["statistic"][name] - value))
    print(f"{tables} random tables: largest difference {worst}")
    assert all(difference <= 1e-9 for difference in worst.values()), worst


def million(aludel):
    import numpy as np
    from scipy.spatial.distance import jensenshannon

    rng = np.random.default_rng(7)
    shares = rng.dirichlet(np.full(30, 1.0))
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("reference.csv", "current.csv")]
        for path, rows in zip(files, (800_000, 200_000)):
            labels = rng.choice(30, size=rows, p=shares)
            path.write_text("id,topic\n" + "".join(f"{i},topic {k}\n" for i, k in enumerate(labels)))
        command = [aludel, "drift", "score", "--json", "--reference", files[0], "--current", files[1]]
        # From a small process: a child's peak counts the memory of the process that forked it.
        measure = (
            "import resource, subprocess, sys, time; t = time.perf_counter();"
            "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
            "print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
        )
        measured = subprocess.run([sys.executable, "-S", "-c", measure, *command], capture_output=True, check=True)
        ours, peak = map(float, measured.stdout.split())

        started = time.perf_counter()
        sides = []
        for path in files:
            topics = [line.rsplit(",", 1)[1] for line in path.read_text().splitlines()[1:]]
            names, counts = np.unique(topics, return_counts=True)
            sides.append(dict(zip(names, counts)))
        names = sorted(set(sides[0]) | set(sides[1]))
        reference, current = (np.array([side.get(name, 0) for name in names]) for side in sides)
        pooled = (reference + current) / (reference + current).sum()
        draws = [
            jensenshannon(rng.multinomial(reference.sum(), pooled), rng.multinomial(current.sum(), pooled), base=2)
            for _ in range(1000)
        ]
        np.quantile(draws, 0.99)
        theirs = time.perf_counter() - started
    print(f"1,000,000 labelled rows, 1,000 draws: {ours:.2f} s, peak {peak:.0f} MiB; "
          f"NumPy {theirs:.2f} s; ratio {theirs / ours:.1f}x (target: < 1 s)")


if __name__ == "__main__":
    environment.enter("peers-drift", ["numpy", "scipy"])
    program = sys.argv[1]
    agree(program, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
    million(program)
