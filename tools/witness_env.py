"""Make the environment of a vendor's own client: `python tools/witness_env.py NAME`.

It stands in .venv-witness-NAME and holds what locks/witness-NAME.txt says, and nothing else. Any
other environment that stands apart is made the same way, of a lock of its own.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def ensure(name: str) -> Path:
    """The Python of a witness's environment; raises as `environment`."""
    return environment(f"witness-{name}")


def environment(name: str) -> Path:
    """The Python of .venv-NAME, made anew only where locks/NAME.txt has changed.

    Raises FileNotFoundError where there is no such lock, CalledProcessError where pip fails.
    """
    lock = ROOT / "locks" / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    home = ROOT / f".venv-{name}"
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
