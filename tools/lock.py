"""Resolve every lock anew: for running, for testing on top of it, for each that stands apart."""

import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.tree import ROOT

IB_INSYNC = "ibkr-insync"
COMMON = [
    "--universal",
    "--generate-hashes",
    "--python-version=3.11",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--upgrade",
    "--quiet",
]


def main() -> int:
    """Write locks/*.txt; the exit status."""
    with TemporaryDirectory() as folder:
        uv = _uv(Path(folder))
        _compile(uv, "runtime", ["pyproject.toml"])
        _compile(uv, "test", ["pyproject.toml", "--extra=test", "-c=locks/runtime.txt"])
        for name, needs in _apart().items():
            _compile(uv, name, ["-", "--no-annotate"], "\n".join(needs))
        as_running = ["-", "--no-annotate", "-c=locks/runtime.txt"]
        _compile(uv, IB_INSYNC, as_running, "\n".join(_with_ib_insync()))
    return 0


def _uv(folder: Path) -> Path:
    """The resolver, in an environment that is thrown away: nothing else needs it."""
    venv.create(folder / "uv", with_pip=True)
    python = folder / "uv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
    return folder / "uv" / "bin" / "uv"


def _compile(uv: Path, name: str, needs: list[str], typed: str = "") -> None:
    command = [str(uv), "pip", "compile", *COMMON, f"--output-file=locks/{name}.txt", *needs]
    subprocess.run(command, cwd=ROOT, input=typed, text=True, check=True)


def _project() -> dict[str, Any]:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project: dict[str, Any] = whole["project"]
    return project


def _apart() -> dict[str, list[str]]:
    """What vendors' own clients and the load client need: it never binds the product."""
    extras: dict[str, list[str]] = _project()["optional-dependencies"]
    return {name: needs for name, needs in extras.items() if name not in {"test", IB_INSYNC}}


def _with_ib_insync() -> list[str]:
    """What running needs, on the other library for Interactive Brokers' Gateway."""
    project = _project()
    usual: list[str] = [one for one in project["dependencies"] if not one.startswith("ib_async")]
    other: list[str] = project["optional-dependencies"][IB_INSYNC]
    return usual + other


if __name__ == "__main__":
    sys.exit(main())
