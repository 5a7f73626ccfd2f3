"""Writes into docs/soak.md what the long tests reported: each test's commit, outcome and counts."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.tree import ROOT

PAGE = ROOT / "docs" / "soak.md"
_ROW = re.compile(r"^\| `(\w+(?:\[[\w-]+\])?)` \|.*\|$", re.MULTILINE)


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=7"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _outcome(case: ET.Element) -> str:
    failed = case.find("failure") is not None or case.find("error") is not None
    return "FAILED" if failed else "skipped" if case.find("skipped") is not None else "passed"


def rows(report: ET.Element, commit: str) -> Iterator[tuple[str, str]]:
    """The name of each test in a JUnit report, and its line of the table."""
    for case in report.iter("testcase"):
        name, seconds = str(case.get("name")), float(case.get("time", "0"))
        counted = case.iterfind("properties/property")
        counts = ", ".join(f"{one.get('name')} {one.get('value')}" for one in counted)
        yield name, f"| `{name}` | {commit} | {_outcome(case)} | {counts} | {seconds:.0f} |"


def updated(page: str, report: ET.Element, commit: str) -> str:
    """The page with the lines of the tests that ran now; those of others stay as they are."""
    fresh = dict(rows(report, commit))
    page = _ROW.sub(lambda found: fresh.pop(found[1], found[0]), page)
    return page.rstrip("\n") + "\n" + "".join(f"{line}\n" for line in fresh.values())


def main(report: str) -> None:
    """Bring the page up to date; the argument is the JUnit file that pytest wrote."""
    # Our own pytest wrote it a moment ago.
    tree = ET.parse(Path(report))  # noqa: S314
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(updated(text, tree.getroot(), _commit()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
