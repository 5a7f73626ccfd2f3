"""Make the environment of a vendor's own client: `python tools/witness_env.py NAME`.

It stands in .venv-witness-NAME and holds what locks/witness-NAME.txt says, and nothing else.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def ensure(name: str) -> Path:
    """The environment's Python; made anew only where the lock has changed.

    Raises FileNotFoundError where there is no such lock, CalledProcessError where pip fails.
    """
    lock = ROOT / "locks" / f"witness-{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    home = ROOT / f".venv-witness-{name}"
    stamp = home / "lock.sha256"
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != digest:
        _make(home, lock)
        stamp.write_text(digest, encoding="ascii")
    return home / "bin" / "python"


def _make(home: Path, lock: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)]
    subprocess.run([str(home / "bin" / "python"), *install], check=True)


if __name__ == "__main__":
    print(ensure(sys.argv[1]))
