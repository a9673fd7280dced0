"""Trains what an Aludel job folder asks for with TRL's GRPOTrainer, and leaves a PEFT adapter or full weights in JOB/result.

The reward is the folder's own grader.py. Started again, it goes on from its last checkpoint. Ends with 0 when the result is whole.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

from datasets import Dataset
from peft import LoraConfig
from transformers import AutoTokenizer, TrainerCallback
from transformers.trainer_utils import get_last_checkpoint
from trl import GRPOConfig, GRPOTrainer

LOSSES = {"token": "dapo", "sequence": "grpo", "constant": "dr_grpo"}
# TRL's names of what the metrics of the folder call otherwise.
MEASURES = {
    "reward": "reward_mean",
    "reward_std": "reward_std",
    "loss": "loss",
    "kl": "kl",
    "entropy": "entropy",
    "completions/mean_length": "length",
    "completions/clipped_ratio": "truncated",
    "clip_ratio/region_mean": "clipped",
    "grad_norm": "gradient_norm",
    "learning_rate": "learning_rate",
}


def reward(completions, spec, **_):
    import grader

    texts = [completion[0]["content"] if isinstance(completion, list) else completion for completion in completions]
    return [float(grader.grade(json.loads(one), text)["score"]) for one, text in zip(spec, texts)]


class Reporter(TrainerCallback):
    """Writes a line of metrics a step, and ends training when the folder asks for it."""

    def __init__(self, job):
        self.job = job
        self.began = time.monotonic()
        self.before = 0.0

    def on_train_begin(self, args, state, control, **_):
        lines = read_lines(self.job / "metrics.jsonl")
        self.before = max((line.get("seconds", 0.0) for line in lines if line.get("step", 0) <= state.global_step), default=0.0)

    def on_log(self, args, state, control, logs=None, **_):
        if not state.is_world_process_zero or not logs or "reward" not in logs:
            return
        line = {
            "kind": "step",
            "step": state.global_step,
            "seconds": self.before + time.monotonic() - self.began,
            "tokens": int(logs.get("num_tokens", 0)),
        }
        line.update({ours: logs[theirs] for theirs, ours in MEASURES.items() if theirs in logs})
        if "frac_reward_zero_std" in logs:
            line["live_groups"] = 1.0 - logs["frac_reward_zero_std"]
        with open(self.job / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def on_step_end(self, args, state, control, **_):
        if (self.job / "stop").exists():
            control.should_save = True
            control.should_training_stop = True
        return control


def read_lines(path):
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    lines = []
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            pass
    return lines


def main():
    job = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(job))
    plan = json.loads((job / "plan.json").read_text(encoding="utf-8"))
    training, base = plan["training"], plan["base_model"]
    if plan["objective"] != "grpo":
        sys.exit(f"this engine trains by grpo, not by {plan['objective']}")
    if not os.path.isdir(base["path"]):
        sys.exit(f"{base['path']} is no folder: this engine reads safetensors in transformers' layout, no GGUF")

    rows = Dataset.from_parquet(str(job / "train.parquet")).select_columns(["prompt", "spec"])
    rows = rows.map(lambda row: {"prompt": [{"role": "user", "content": row["prompt"]}]})
    tokenizer = AutoTokenizer.from_pretrained(base["path"], padding_side="left")
    most = training["max_prompt_tokens"]
    rows = rows.filter(lambda row: len(tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True)) <= most)

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    completions = training["group_size"] * training["prompts_per_step"]
    at_once = training["micro_batch"] or training["group_size"]
    settings = GRPOConfig(
        output_dir=str(job / "checkpoints" / "trl"),
        max_steps=plan["budget"]["max_steps"],
        learning_rate=training["learning_rate"],
        warmup_steps=training["warmup_steps"],
        lr_scheduler_type="constant_with_warmup",
        weight_decay=training["weight_decay"],
        max_grad_norm=training["gradient_clip"] or 1e9,
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=max(1, completions // (at_once * processes)),
        num_generations=training["group_size"],
        num_iterations=training["passes"],
        max_completion_length=training["max_completion_tokens"],
        temperature=training["temperature"],
        top_p=training["top_p"],
        epsilon=training["clip_low"],
        epsilon_high=training["clip_high"],
        beta=training["kl_coefficient"],
        loss_type=LOSSES[training["loss"]],
        scale_rewards="group" if training["advantage"] == "normalised" else "none",
        save_steps=training["checkpoint_every"],
        save_total_limit=training["keep_checkpoints"],
        logging_steps=1,
        report_to=[],
        seed=plan["seed"] % 2**31,
    )
    adapter = None
    if training["weights"] == "lora":
        adapter = LoraConfig(
            r=training["lora_rank"], lora_alpha=training["lora_alpha"], target_modules="all-linear", task_type="CAUSAL_LM"
        )
    trainer = GRPOTrainer(
        model=base["path"],
        reward_funcs=reward,
        args=settings,
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=adapter,
        callbacks=[Reporter(job)],
    )
    last = get_last_checkpoint(settings.output_dir) if os.path.isdir(settings.output_dir) else None
    trainer.train(resume_from_checkpoint=last)

    partial = job / "result.partial"
    shutil.rmtree(partial, ignore_errors=True)
    trainer.save_model(str(partial))
    if trainer.accelerator.is_main_process:
        (partial / "training_args.bin").unlink(missing_ok=True)
        config = partial / "adapter_config.json"
        if config.exists():
            # The name, not the place on this machine.
            adapter = json.loads(config.read_text(encoding="utf-8"))
            adapter["base_model_name_or_path"] = base["name"]
            config.write_text(json.dumps(adapter, indent=2), encoding="utf-8")
        (partial / "README.md").unlink(missing_ok=True)
        shutil.rmtree(job / "result", ignore_errors=True)
        partial.rename(job / "result")


if __name__ == "__main__":
    main()
