"""The questions of an Aludel release as a `verifiers` environment: one answer a question, scored by the grader."""

import json
from pathlib import Path

from .grader import grade

__all__ = ["load_environment", "reward"]


def reward(completion, answer, **_):
    """1.0 when the last message of `completion` gives the answer that the JSON of `answer` asks for, else 0.0."""
    text = completion if isinstance(completion, str) else (completion[-1].get("content") or "" if completion else "")
    return float(grade(json.loads(answer), text)["score"])


def load_environment(data=None, split="train", num_examples=-1):
    """A single-turn environment.

    `data`: a folder of the release's TRL files, or a Parquet file. Default: the release that this package lies in.
    `split`: `train`, `validation` or `future`. `num_examples`: at most so many, -1 for all.
    """
    import verifiers as vf
    from datasets import load_dataset

    path = Path(data) if data else Path(__file__).resolve().parents[2] / "trl"
    path = path / (split + ".parquet") if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError("%s: no such questions; `data` names the export/trl folder of a release" % path)
    dataset = load_dataset("parquet", data_files=str(path), split="train")
    if num_examples >= 0:
        dataset = dataset.select(range(min(num_examples, len(dataset))))
    return vf.SingleTurnEnv(dataset=dataset, rubric=vf.Rubric(funcs=[reward]))
