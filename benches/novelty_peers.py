#!/usr/bin/env python3
"""Near duplicates among invented questions: `cargo bench --bench novelty` beside datasketch, in one run on one machine.

Both see the same questions in the same order, look each up among the earlier ones, then add it. datasketch: MinHash with 128
permutations over the set of folded words, MinHashLSH at 0.8; with its bare candidates, and with every candidate's exact Jaccard
index checked as well.

usage: python3 benches/novelty_peers.py [questions]     (default 1000000)
Makes a virtual environment under target/ with datasketch from PyPI. `ALUDEL_BENCH_CARGO`: more arguments for `cargo bench`.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
REPEATS = {"copied", "reordered", "typography", "synonym", "longer"}


def memory_mib():
    text = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) // 1024


def theirs(path):
    from datasketch import MinHash, MinHashLSH

    before = memory_mib()
    began, cpu = time.perf_counter(), time.process_time()
    lsh = MinHashLSH(threshold=0.8, num_perm=128)
    sets = []
    planted = bare_right = bare_called = right = called = 0
    with open(path) as file:
        for at, line in enumerate(file):
            item = json.loads(line)
            words = frozenset(re.findall(r"\w+", item["text"].lower()))
            sketch = MinHash(num_perm=128)
            sketch.update_batch([word.encode() for word in words])
            candidates = lsh.query(sketch)
            close = [k for k in candidates if len(words & sets[k]) >= 0.8 * len(words | sets[k])]
            repeat = item["kind"] in REPEATS
            planted += repeat
            bare_right += repeat and item["of"] in candidates
            bare_called += bool(candidates)
            right += repeat and item["of"] in close
            called += bool(close)
            lsh.insert(at, sketch, check_duplication=False)
            sets.append(words)
    return {
        "recall": right / planted, "precision": right / max(called, 1),
        "bare_recall": bare_right / planted, "bare_precision": bare_right / max(bare_called, 1),
        "seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu, "mib": memory_mib() - before,
    }


def main():
    questions = sys.argv[1] if len(sys.argv) > 1 else "1000000"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ALUDEL_BENCH_QUESTIONS": questions, "ALUDEL_BENCH_FOLDER": folder}
        command = ["cargo", "bench", *shlex.split(os.environ.get("ALUDEL_BENCH_CARGO", "")), "--bench", "novelty"]
        output = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
        print(output, end="")
        ours = json.loads(output.splitlines()[-1])
        peer = theirs(Path(folder) / "questions.jsonl")
    print("datasketch:", json.dumps(peer))
    print(f"processor time {peer['cpu_seconds'] / ours['cpu_seconds']:.1f}x, memory {peer['mib'] / max(ours['mib'], 1):.1f}x of ours; "
          f"recall {ours['recall']:.4f} against {peer['recall']:.4f}, precision {ours['precision']:.4f} against {peer['precision']:.4f}")


if __name__ == "__main__":
    environment.enter("peers-novelty", ["datasketch"])
    main()
