"""Answers questions with transformers: JSON lines {"id", "prompt"} in, JSON lines {"id", "sample", "response"} appended."""

import argparse
import json
import os

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed


def load(base, weights):
    has_adapter = weights and os.path.exists(os.path.join(weights, "adapter_config.json"))
    path = weights if weights and not has_adapter else base
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(path, dtype=kind)
    if has_adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, weights)
    return model.to(device).eval(), AutoTokenizer.from_pretrained(base, padding_side="left")


def main():
    parser = argparse.ArgumentParser()
    for name in ["base", "weights", "questions", "responses"]:
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-tokens", type=int, default=512)
    parser.add_argument("--batch", type=int, default=16)
    args = parser.parse_args()
    set_seed(args.seed % 2**31)
    model, tokenizer = load(args.base, args.weights)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    with open(args.questions, encoding="utf-8") as file:
        questions = [json.loads(line) for line in file if line.strip()]
    sampling = {"do_sample": True, "temperature": args.temperature} if args.temperature > 0 else {"do_sample": False}
    with open(args.responses, "a", encoding="utf-8") as out:
        for at in range(0, len(questions), args.batch):
            batch = questions[at : at + args.batch]
            prompts = [
                tokenizer.apply_chat_template(
                    [{"role": "user", "content": question["prompt"]}], add_generation_prompt=True, tokenize=False
                )
                for question in batch
            ]
            inputs = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(model.device)
            for sample in range(args.samples):
                with torch.inference_mode():
                    made = model.generate(
                        **inputs, max_new_tokens=args.max_tokens, pad_token_id=tokenizer.pad_token_id, **sampling
                    )
                texts = tokenizer.batch_decode(made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
                for question, text in zip(batch, texts):
                    out.write(json.dumps({"id": question["id"], "sample": sample, "response": text}) + "\n")
                out.flush()


if __name__ == "__main__":
    main()
