#!/usr/bin/env python3
"""The words that config/engines/verl_train.py hands to verl, composed by verl's own configuration (Hydra): every key has to be one that
verl knows, and what arrives has to be what the plan says. Nothing is trained: that takes a GPU.

usage: python3 benches/engine_verl.py
Makes a virtual environment under target/ with verl 0.9.1 (without what it needs to run), hydra-core and omegaconf; or PEERS_ENVIRONMENT.
"""
import importlib.metadata
import importlib.util
import json
import sys
import tempfile
import warnings
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ROOT / "config" / "engines"
VERSION = next(line.split("==")[1] for line in (ENGINES / "verl_requirements.txt").read_text().split() if line.startswith("verl"))


def plans():
    training = {
        "learning_rate": 2e-5, "warmup_steps": 5, "weight_decay": 0.0, "gradient_clip": 1.0, "weights": "lora", "lora_rank": 16,
        "lora_alpha": 32.0, "group_size": 8, "prompts_per_step": 8, "passes": 1, "micro_batch": 0, "temperature": 1.0, "top_p": 1.0,
        "max_prompt_tokens": 1024, "max_completion_tokens": 512, "stop": [], "clip_low": 0.2, "clip_high": 0.28, "kl_coefficient": 0.0,
        "loss": "token", "advantage": "normalised", "checkpoint_every": 10, "keep_checkpoints": 2,
    }
    plan = {"seed": 7, "objective": "grpo", "base_model": {"name": "org/base", "path": "/models/base"}, "training": training,
            "budget": {"max_steps": 20, "max_seconds": 0, "max_tokens": 0}}
    yield "LoRA, DAPO's loss", plan
    full = {**training, "weights": "full", "loss": "constant", "advantage": "centred", "kl_coefficient": 0.01, "gradient_clip": 0.0, "micro_batch": 4}
    yield "all weights, Dr. GRPO, with divergence", {**plan, "training": full}


def compose(words):
    from hydra import compose, initialize_config_dir

    # Found without being imported: that would take torch and more.
    package = importlib.util.find_spec("verl").submodule_search_locations[0]
    with initialize_config_dir(str(Path(package) / "trainer" / "config"), version_base=None):
        return compose("ppo_trainer", overrides=words)


def main():
    import yaml
    from omegaconf import OmegaConf

    sys.path.insert(0, str(ENGINES))
    import verl_train

    print(f"verl {importlib.metadata.version('verl')}")
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, plan in plans():
            job = Path(folder)
            words = verl_train.settings(job, plan, job / "verl_train.parquet", job / "verl_eval.parquet", 1)
            found = compose(words)
            for word in words:
                key, _, value = word.partition("=")
                got, meant = OmegaConf.select(found, key), yaml.safe_load(value)
                # YAML reads 1e-05 as text; a number is meant.
                try:
                    same = float(got) == float(meant)
                except (TypeError, ValueError):
                    same = got == meant or str(got) == str(meant)
                if not same:
                    faults += 1
                    print(f"  {key}: {meant!r} was meant, {got!r} arrives")
            chosen = {key: OmegaConf.select(found, key) for key in (
                "algorithm.adv_estimator", "actor_rollout_ref.actor.loss_agg_mode", "actor_rollout_ref.actor.clip_ratio_high",
                "actor_rollout_ref.rollout.name", "actor_rollout_ref.model.lora_rank", "reward.custom_reward_function.name",
                "trainer.total_training_steps", "trainer.resume_mode",
            )}
            print(f"{name}: {len(words)} settings taken: {json.dumps(chosen, default=str)}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    environment.enter("verl", bare=[f"verl=={VERSION}", "hydra-core", "omegaconf", "antlr4-python3-runtime==4.9.3", "pyyaml", "packaging"])
    warnings.simplefilter("ignore")
    main()
