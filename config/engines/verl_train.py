"""Trains what an Aludel job folder asks for with verl 0.9, and leaves a PEFT adapter or full weights in JOB/result.

The questions go into verl's five columns, the reward is the folder's own grader.py, and what verl logs becomes the folder's metrics.
Started again, verl goes on from its last checkpoint. Ends with 0 when the result is whole.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

LOSSES = {"token": "token-mean", "sequence": "seq-mean-token-mean", "constant": "seq-mean-token-sum-norm"}
# verl's names of what the metrics of the folder call otherwise.
MEASURES = {
    "critic/score/mean": "reward_mean",
    "actor/pg_loss": "loss",
    "actor/kl_loss": "kl",
    "actor/entropy": "entropy",
    "response_length/mean": "length",
    "response_length/clip_ratio": "truncated",
    "actor/pg_clipfrac": "clipped",
    "actor/grad_norm": "gradient_norm",
    "actor/lr": "learning_rate",
}
REWARD = '''"""verl's reward function: the grader that lies beside it."""
import json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import grader


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **_):
    return float(grader.grade(json.loads(ground_truth), solution_str)["score"])
'''


def convert(job, name):
    import pandas

    rows = pandas.read_parquet(job / f"{name}.parquet")
    rows = pandas.DataFrame(
        {
            "data_source": "aludel",
            "prompt": [[{"role": "user", "content": prompt}] for prompt in rows["prompt"]],
            "ability": "biology",
            "reward_model": [{"style": "rule", "ground_truth": spec} for spec in rows["spec"]],
            "extra_info": [{"index": at, "id": one} for at, one in enumerate(rows["id"])],
        }
    )
    path = job / f"verl_{name}.parquet"
    rows.to_parquet(path)
    return path, len(rows)


def settings(job, plan, train, watched, gpus):
    training = plan["training"]
    batch = training["prompts_per_step"]
    at_once = training["micro_batch"] or training["group_size"]
    given = {
        "data.train_files": train,
        "data.val_files": watched,
        "data.train_batch_size": batch,
        "data.max_prompt_length": training["max_prompt_tokens"],
        "data.max_response_length": training["max_completion_tokens"],
        "data.seed": plan["seed"] % 2**31,
        "actor_rollout_ref.model.path": plan["base_model"]["path"],
        "actor_rollout_ref.actor.optim.lr": training["learning_rate"],
        "actor_rollout_ref.actor.optim.lr_warmup_steps": training["warmup_steps"],
        "actor_rollout_ref.actor.optim.weight_decay": training["weight_decay"],
        "actor_rollout_ref.actor.grad_clip": training["gradient_clip"] or 1e9,
        "actor_rollout_ref.actor.ppo_mini_batch_size": batch,
        "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu": at_once,
        "actor_rollout_ref.actor.ppo_epochs": training["passes"],
        "actor_rollout_ref.actor.clip_ratio_low": training["clip_low"],
        "actor_rollout_ref.actor.clip_ratio_high": training["clip_high"],
        "actor_rollout_ref.actor.loss_agg_mode": LOSSES[training["loss"]],
        "actor_rollout_ref.actor.use_kl_loss": training["kl_coefficient"] > 0,
        "actor_rollout_ref.actor.kl_loss_coef": training["kl_coefficient"],
        "actor_rollout_ref.rollout.name": "vllm",
        "actor_rollout_ref.rollout.n": training["group_size"],
        "actor_rollout_ref.rollout.temperature": training["temperature"],
        "actor_rollout_ref.rollout.top_p": training["top_p"],
        "actor_rollout_ref.rollout.tensor_model_parallel_size": 1,
        "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu": at_once,
        "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu": at_once,
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": training["advantage"] == "normalised",
        "reward.custom_reward_function.path": job / "verl_reward.py",
        "reward.custom_reward_function.name": "compute_score",
        "trainer.total_training_steps": plan["budget"]["max_steps"],
        "trainer.total_epochs": 1_000_000,
        "trainer.save_freq": training["checkpoint_every"],
        "trainer.max_actor_ckpt_to_keep": training["keep_checkpoints"],
        "trainer.test_freq": -1,
        "trainer.val_before_train": False,
        "trainer.default_local_dir": job / "checkpoints" / "verl",
        "trainer.resume_mode": "auto",
        "trainer.logger": '["console","file"]',
        "trainer.n_gpus_per_node": gpus,
        "trainer.nnodes": 1,
    }
    if training["weights"] == "lora":
        given["actor_rollout_ref.model.lora_rank"] = training["lora_rank"]
        given["actor_rollout_ref.model.lora_alpha"] = training["lora_alpha"]
        given["actor_rollout_ref.rollout.load_format"] = "safetensors"
    words = [f"{key}={value}" for key, value in given.items()]
    more = Path(__file__).with_name("verl_overrides.txt")
    if more.exists():
        lines = (line.strip() for line in more.read_text(encoding="utf-8").splitlines())
        words += [line for line in lines if line and not line.startswith("#")]
    return words


class Relay:
    """Carries what verl's file logger writes into the folder's metrics."""

    def __init__(self, job, source, before):
        self.job, self.source, self.before, self.at, self.began = job, source, before, 0, time.monotonic()

    def look(self):
        if not self.source.exists():
            return
        with open(self.source, encoding="utf-8", errors="replace") as file:
            file.seek(self.at)
            text = file.read()
        whole, _, _ = text.rpartition("\n")
        self.at += len((whole + "\n").encode("utf-8")) if whole else 0
        for line in whole.splitlines():
            try:
                logged = json.loads(line)
                data, step = logged.get("data", logged), int(logged["step"])
            except (ValueError, KeyError, TypeError):
                continue
            if "critic/score/mean" not in data:
                continue
            told = {
                "kind": "step",
                "step": step,
                "seconds": self.before + time.monotonic() - self.began,
                "tokens": int(data.get("perf/total_num_tokens", 0)) * step,
            }
            told.update({ours: data[theirs] for theirs, ours in MEASURES.items() if theirs in data})
            with open(self.job / "metrics.jsonl", "a", encoding="utf-8") as out:
                out.write(json.dumps(told) + "\n")


def seconds_before(job):
    try:
        lines = (job / "metrics.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return 0.0
    seconds = 0.0
    for line in lines:
        try:
            seconds = max(seconds, float(json.loads(line).get("seconds", 0.0)))
        except (ValueError, AttributeError):
            pass
    return seconds


def finish(job, plan):
    steps = sorted((job / "checkpoints" / "verl").glob("global_step_*"), key=lambda path: int(path.name.rsplit("_", 1)[1]))
    if not steps:
        sys.exit("verl left no checkpoint")
    partial = job / "result.partial"
    shutil.rmtree(partial, ignore_errors=True)
    merge = [sys.executable, "-m", "verl.model_merger", "merge", "--backend", "fsdp"]
    merge += ["--local_dir", str(steps[-1] / "actor"), "--target_dir", str(partial)]
    subprocess.run(merge, check=True)
    adapter = partial / "lora_adapter"
    if plan["training"]["weights"] == "lora":
        # The merged base lies beside it, which the job has already.
        config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = plan["base_model"]["name"]
        (adapter / "adapter_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
        partial, whole = adapter, partial
    else:
        whole = partial
    shutil.rmtree(job / "result", ignore_errors=True)
    partial.rename(job / "result")
    shutil.rmtree(whole, ignore_errors=True)


def main():
    job = Path(sys.argv[1]).resolve()
    plan = json.loads((job / "plan.json").read_text(encoding="utf-8"))
    if plan["objective"] != "grpo":
        sys.exit(f"this engine trains by grpo, not by {plan['objective']}")
    (job / "verl_reward.py").write_text(REWARD, encoding="utf-8")
    train, _ = convert(job, "train")
    watched, n_watched = convert(job, "eval")
    gpus = int(os.environ.get("ALUDEL_GPUS", "0")) or len(os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(","))
    words = settings(job, plan, train, watched if n_watched else train, gpus)
    log = job / "verl_log.jsonl"
    log.unlink(missing_ok=True)
    relay = Relay(job, log, seconds_before(job))
    environment = dict(os.environ, VERL_FILE_LOGGER_PATH=str(log))
    verl = subprocess.Popen([sys.executable, "-m", "verl.trainer.main_ppo", *words], env=environment)
    signal.signal(signal.SIGTERM, lambda *_: verl.terminate())
    is_asked = False
    while verl.poll() is None:
        relay.look()
        if (job / "stop").exists() and not is_asked:
            is_asked = True
            verl.terminate()
        time.sleep(1)
    relay.look()
    if verl.returncode == 0 or is_asked:
        finish(job, plan)
        return 0
    return 75 if verl.returncode == -signal.SIGTERM else 1


if __name__ == "__main__":
    sys.exit(main())
