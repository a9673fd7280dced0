"""The Python environments in which the peers run: made under target/ when they are not there."""
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def enter(name, packages=(), bare=()):
    """Goes on in the environment `target/NAME`, or the one that PEERS_ENVIRONMENT names. A new one gets `packages` with what they need,
    and `bare` without."""
    environment = Path(os.environ.get("PEERS_ENVIRONMENT", ROOT / "target" / name))
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        for more, wanted in ((), packages), (("--no-deps",), bare):
            if wanted:
                subprocess.run([python, "-m", "pip", "install", "--quiet", *more, *wanted], check=True)
    if Path(sys.prefix) != environment:
        os.execv(python, [str(python), *sys.argv])
