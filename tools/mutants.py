"""Change how orders add up in every way that mutmut knows, and list what no test notices.

`python -m tools.mutants` brings docs/mutants.md up to date. It fails if a mutant survives for which
that page gives no reason: either a test is missing, or the mutant means the same as the code.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.tree import ROOT, finish
from tools.witness_env import environment

MUTATED = ("domain/facts.py", "domain/sums.py", "store/chain.py", "store/merge.py")
TESTS = (
    "tests/domain/test_facts.py",
    "tests/domain/test_sums.py",
    "tests/store/test_chain.py",
    "tests/store/test_merge.py",
)
NEEDED = ("domain/*.py", "store/__init__.py", "tests/clock.py", "tests/store/samples.py")
PAGE = ROOT / "docs" / "mutants.md"
UNARGUED = "no reason yet"

_SETTINGS = f"""
[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests"]
addopts = ["--import-mode=importlib"]

[tool.mutmut]
source_paths = ["domain", "store"]
only_mutate = {list(MUTATED)}
also_copy = ["tests"]
"""
# The same examples every time, so that a mutant is not killed by luck.
_CONFTEST = """
from hypothesis import settings

settings.register_profile("mutants", deadline=None, database=None, derandomize=True)
settings.load_profile("mutants")
"""
# mutmut leaves decorated functions alone, so a property becomes one that wraps a plain function.
_PROPERTY = re.compile(r"^    @property\n    def (\w+)\(self\)", re.MULTILINE)
_WRAPPED = r"    \1 = property(lambda self: self.\1_of())\n\n    def \1_of(self)"
_ROW = re.compile(r"^\| `([\w.]+)` \| `(.*?)` \| `(.*?)` \| (.*) \|$", re.MULTILINE)
_COUNTED = re.compile(r"^At commit .*$", re.MULTILINE)

Mutant = tuple[str, str, str]


def main() -> int:
    """Mutate a copy of the tree; the exit status."""
    python = environment("mutants")
    with TemporaryDirectory() as folder:
        copied(Path(folder))
        subprocess.run([python, "-m", "mutmut", "run"], cwd=folder, check=True)
        told = _mutmut(python, folder, "results", "--all", "true")
        names = re.findall(r"^\s*(\S+): (?!killed)", told, re.MULTILINE)
        survivors = [shown(name, _mutmut(python, folder, "show", name)) for name in names]
        counted = f"{told.count(': ')} mutants, {told.count(': killed')} killed"
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(updated(page, survivors, f"{_commit()}: {counted}"), encoding="utf-8")
    known = reasons(page)
    left = [each for each in survivors if known.get(each, UNARGUED) == UNARGUED]
    return finish([" | ".join(each) for each in left], "mutants")


def copied(folder: Path) -> None:
    """What the tests need and nothing else, with properties that can be mutated."""
    for pattern in (*MUTATED, *TESTS, *NEEDED):
        for path in ROOT.glob(pattern):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    for name in MUTATED:
        source = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(_PROPERTY.sub(_WRAPPED, source), encoding="utf-8")
    (folder / "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")
    (folder / "tests" / "conftest.py").write_text(_CONFTEST, encoding="utf-8")


def shown(name: str, diff: str) -> Mutant:
    """Where a mutant is, the code that it changes, and what it makes of it."""
    module, _, function = name.rpartition("__mutmut_")[0].rpartition(".")
    where = re.sub(r"^x_?", "", function.replace("xǁ", "").replace("ǁ", "."))
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (_joined(lines, sign) for sign in "-+")
    return f"{module}.{where}", before, after


def _joined(lines: list[str], sign: str) -> str:
    changed = [" ".join(line[1:].split()) for line in lines if line.startswith(sign)]
    return " ".join(changed).replace("|", "\\|").replace("`", "'") or "(nothing)"


def reasons(page: str) -> dict[Mutant, str]:
    """The reason that a page gives for each mutant."""
    return {(where, before, after): why for where, before, after, why in _ROW.findall(page)}


def updated(page: str, survivors: list[Mutant], counted: str) -> str:
    """The page with the survivors of now, each with the reason that it gave before."""
    rows = "".join(f"{row}\n" for row in _rows(survivors, reasons(page)))
    page = _COUNTED.sub(lambda _: f"At commit {counted}.", page)
    return _ROW.sub("", page).rstrip("\n") + "\n" + rows


def _rows(survivors: list[Mutant], known: Mapping[Mutant, str]) -> Iterator[str]:
    for each in sorted(set(survivors)):
        cells = " | ".join(f"`{cell}`" for cell in each)
        yield f"| {cells} | {known.get(each, UNARGUED)} |"


def _mutmut(python: Path, folder: str, *words: str) -> str:
    command = [str(python), "-m", "mutmut", *words]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=7"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
