"""What real clients make of a release, data set or model: `python3 benches/release_clients.py RELEASE_FOLDER`.

Installs each client from PyPI into a virtual environment (kept in --venv, else made anew), and says by name what it skips.
Every configuration and split is loaded; the metadata is validated; the signature is checked with Debian's minisign when it is there.
Exits with 1 when a client that is there does not take the release.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ["datasets==5.2.0", "pandas==3.1.1", "pyarrow==26.0.1", "duckdb==2.0.1", "polars==2.1.0", "mlcroissant==1.1.1",
            "huggingface_hub==2.4.0", "pyyaml==6.0.4", "cffconvert==2.0.0", "safetensors==0.8.0"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("release", type=Path)
    parser.add_argument("--venv", type=Path)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return check(args.release.resolve())
    with tempfile.TemporaryDirectory() as fresh:
        venv = args.venv or Path(fresh) / "venv"
        python = venv / "bin" / "python"
        if not python.exists():
            done = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, text=True)
            if done.returncode != 0:
                print(f"skipped everything: no virtual environment can be made ({done.stderr.strip() or done.stdout.strip()})")
                return 0
        for package in PACKAGES:
            done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                print(f"skipped {package}: it cannot be installed ({done.stderr.strip().splitlines()[-1:]})")
        home = dict(os.environ, HF_HOME=str(Path(fresh) / "hf"), HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
        return subprocess.run([python, __file__, args.release, "--inside"], env=home).returncode


def check(release):
    manifest = json.loads((release / "manifest.json").read_text())
    if manifest["kind"] == "model":
        return run([hashes, minisign, model_card, safetensors], release, {}, {}, manifest)
    expected = {(part, split): n["rows"] for part, splits in manifest["places"].items() for split, n in splits.items()}
    if manifest["tombstones"]:
        expected["tombstones", "tombstone"] = manifest["tombstones"]
    exports = {split: n for (part, split), n in expected.items() if part == "open"}
    clients = [hashes, minisign, load_dataset, hub_card, pandas, pyarrow, duckdb, polars, croissant, citation, trl, verl]
    return run(clients, release, expected, exports, manifest)


def run(clients, release, expected, exports, manifest):
    failed = 0
    for client in clients:
        name = client.__name__
        try:
            print(f"ok      {name}: {client(release, expected, exports, manifest)}")
        except ImportError as error:
            print(f"skipped {name}: {error}")
        except FileNotFoundError as error:
            if error.filename != "minisign":
                raise
            print(f"skipped {name}: the program is not installed")
        except Exception as error:  # whatever a client throws is its verdict
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}")
    return 1 if failed else 0


def same(found, expected):
    if found != expected:
        raise AssertionError(f"{found} instead of {expected}")


def data(release, part, split):
    return str(release / "data" / part / f"{split}-*.parquet")


def hashes(release, expected, exports, manifest):
    for file in manifest["files"]:
        same(hashlib.sha256((release / file["path"]).read_bytes()).hexdigest(), file["sha256"])
    return f"{len(manifest['files'])} files"


def minisign(release, expected, exports, manifest):
    done = subprocess.run(["minisign", "-Vm", "manifest.json", "-p", "minisign.pub"], cwd=release, capture_output=True, text=True)
    same(done.returncode, 0)
    return done.stdout.strip().splitlines()[-1]


def load_dataset(release, expected, exports, manifest):
    import datasets
    configs = datasets.get_dataset_config_names(str(release))
    same(set(configs), {part for part, _ in expected})
    features = None
    found = {}
    for config in configs:
        loaded = datasets.load_dataset(str(release), config)
        for split, rows in loaded.items():
            found[config, split] = rows.num_rows
            features = features or rows.features
            same(rows.features, features)
            for row in rows:
                for evidence in row["evidence"]:
                    if row["passage"] and evidence is row["evidence"][0]:
                        quote = row["passage"].encode()[evidence["start"]:evidence["end"]].decode()
                        same(quote, evidence["quote"])
    same(found, expected)
    return f"{datasets.__version__}, {len(found)} splits of {len(configs)} configurations, {len(features)} columns"


def hub_card(release, expected, exports, manifest):
    import huggingface_hub
    card = huggingface_hub.DatasetCard.load(release / "README.md")
    known = {(config["config_name"], file["split"]) for config in card.data.configs for file in config["data_files"]}
    same(known, set(expected))
    same(card.data.license is not None and bool(card.data.tags), True)
    return f"{huggingface_hub.__version__}, licence {card.data.license}, size {card.data.size_categories}"


def model_card(release, expected, exports, manifest):
    import huggingface_hub
    card = huggingface_hub.ModelCard.load(release / "README.md")
    same(card.data.base_model, manifest["base_model"])
    same([result.metric_value for result in card.data.eval_results], [round(manifest["score"]["value"], 4)])
    return f"{huggingface_hub.__version__}, {card.data.library_name}, {card.data.eval_results[0].dataset_name}"


def safetensors(release, expected, exports, manifest):
    from safetensors.numpy import load_file
    tensors = load_file(release / "adapter_model.safetensors")
    same(sum(tensor.size for tensor in tensors.values()), manifest["parameters"])
    return f"{len(tensors)} tensors, {manifest['parameters']} parameters"


def pandas(release, expected, exports, manifest):
    import glob
    import pandas
    found = {place: sum(len(pandas.read_parquet(path)) for path in glob.glob(data(release, *place))) for place in expected}
    same(found, expected)
    return f"{pandas.__version__}, {sum(found.values())} rows"


def pyarrow(release, expected, exports, manifest):
    import glob
    import pyarrow
    from pyarrow import parquet
    indexed = 0
    for place in expected:
        for path in glob.glob(data(release, *place)):
            meta = parquet.ParquetFile(path).metadata
            for group in range(meta.num_row_groups):
                column = meta.row_group(group).column(0)
                same((column.compression, column.has_offset_index, column.has_column_index), ("ZSTD", True, True))
                indexed += 1
    return f"{pyarrow.__version__}, {indexed} row groups, zstd, with page index"


def duckdb(release, expected, exports, manifest):
    import duckdb
    found = {}
    for place in expected:
        query = f"select count(*), count(distinct id), sum(len(evidence)) from read_parquet('{data(release, *place)}')"
        n, ids, _ = duckdb.sql(query).fetchall()[0]
        same(n, ids)
        found[place] = n
    same(found, expected)
    by = duckdb.sql(f"select work.doi, count(*) from read_parquet('{release}/data/*/t*.parquet') group by 1").fetchall()
    return f"{duckdb.__version__}, {len(by)} papers by a nested column"


def polars(release, expected, exports, manifest):
    import polars
    found = {place: polars.scan_parquet(data(release, *place)).select(polars.len()).collect().item() for place in expected}
    same(found, expected)
    place = next(iter(expected))
    frame = polars.scan_parquet(data(release, *place)).select("id", polars.col("evidence").list.len()).collect()
    return f"{polars.__version__}, {frame.height} rows of {'/'.join(place)}"


def croissant(release, expected, exports, manifest):
    import mlcroissant
    from importlib.metadata import version
    described = mlcroissant.Dataset(jsonld=str(release / "croissant.json"))
    issues = described.metadata.ctx.issues
    same(list(issues.errors), [])
    found = {}
    for records in described.metadata.record_sets:
        part, file = records.id.split("/", 1)
        split = file.split("-")[0]
        rows = list(described.records(records.id))
        found[part, split] = found.get((part, split), 0) + len(rows)
    same(found, expected)
    return f"{version('mlcroissant')}, {len(found)} record sets read, warnings: {list(issues.warnings) or 'none'}"


def citation(release, expected, exports, manifest):
    import yaml
    cited = yaml.safe_load((release / "CITATION.cff").read_text())
    same((cited["cff-version"], cited["type"], cited["version"]), ("1.2.0", "dataset", manifest["version"]))
    from cffconvert.cli.create_citation import create_citation
    create_citation(str(release / "CITATION.cff"), None).validate()
    return "valid"


def trl(release, expected, exports, manifest):
    """TRL is too large to install here; what its GRPO trainer asks of a data set is a `prompt`, plain or a conversation."""
    import datasets
    for split, n in exports.items():
        rows = datasets.load_dataset("parquet", data_files=str(release / "export" / "trl" / f"{split}.parquet"))["train"]
        same(rows.num_rows, n)
        for row in rows:
            same([set(turn) for turn in row["prompt"]], [{"role", "content"}])
            json.loads(row["answer"])
    return f"{sum(exports.values())} rows in {len(exports)} splits, by its documented schema"


def verl(release, expected, exports, manifest):
    """verl needs a GPU's software; its documented schema is five columns."""
    import datasets
    columns = ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    for split, n in exports.items():
        rows = datasets.load_dataset("parquet", data_files=str(release / "export" / "verl" / f"{split}.parquet"))["train"]
        same((rows.num_rows, rows.column_names), (n, columns))
        for at, row in enumerate(rows):
            same(row["prompt"][-1]["role"], "user")
            same((row["reward_model"]["style"], row["extra_info"]["index"], row["extra_info"]["split"]), ("rule", at, split))
            json.loads(row["reward_model"]["ground_truth"])
    return f"{sum(exports.values())} rows in {len(exports)} splits, by its documented schema"


if __name__ == "__main__":
    sys.exit(main())
