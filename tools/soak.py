"""Writes docs/soak.md from what the long tests reported: the commit, each test and its counts."""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.tree import ROOT

PAGE = ROOT / "docs" / "soak.md"
HEAD = """# The long tests

What `make soak` ran and counted, as it wrote it down itself. The short forms of the same tests run
with every change.
"""


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _outcome(case: ET.Element) -> str:
    failed = case.find("failure") is not None or case.find("error") is not None
    return "FAILED" if failed else "skipped" if case.find("skipped") is not None else "passed"


def _row(case: ET.Element) -> str:
    counts = ", ".join(
        f"{one.get('name')} {one.get('value')}" for one in case.iterfind("properties/property")
    )
    seconds = float(case.get("time", "0"))
    return f"| {case.get('name')} | {_outcome(case)} | {counts} | {seconds:.0f} |"


def page(report: ET.Element, commit: str, at: datetime) -> str:
    """The page for a JUnit report."""
    machine = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    rows = "\n".join(_row(case) for case in report.iter("testcase"))
    return (
        f"{HEAD}\nCommit {commit}, {at:%Y-%m-%d %H:%M} UTC, {machine}.\n\n"
        f"| test | outcome | counts | seconds |\n| --- | --- | --- | --- |\n{rows}\n"
    )


def main(report: str) -> None:
    """Write the page; the argument is the JUnit file that pytest wrote."""
    # Our own pytest wrote it a moment ago.
    tree = ET.parse(Path(report))  # noqa: S314
    PAGE.write_text(page(tree.getroot(), _commit(), datetime.now(UTC)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
