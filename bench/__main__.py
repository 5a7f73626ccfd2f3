"""`python -m bench`: measure, and print the ratios; every server in one run, all on loopback."""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import uvloop

from bench import report
from bench.cases import CASES, Case
from bench.figures import FAILED, OTHERS, Figure
from bench.servers import CLIENT_CORE, ROOT, spent


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--cases", default="".join(case.name for case in CASES))
    parser.add_argument("--servers", nargs="*", help="only these, by the names in the report")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each trial takes")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    return parser.parse_args()


async def measure(case: Case, server: str, seconds: float, repeat: int) -> list[Figure]:
    """One server's figures in one repeat; one that breaks has none, and that is said."""
    say(f"({case.name}) {server}, repeat {repeat + 1}")
    began, (machine, ours) = time.monotonic(), spent()
    try:
        figures = await case.measure(server, seconds)
    except (ConnectionError, ChildProcessError, TimeoutError) as error:
        say(f"  {type(error).__name__}: {error}")
        figures = [note(case, server, FAILED, "", 1)]
    machine, ours = (after - before for after, before in zip(spent(), (machine, ours), strict=True))
    others = max(0.0, machine - ours) / (time.monotonic() - began)
    figures.append(note(case, server, OTHERS, "cores", others))
    for figure in figures:
        say(f"  {figure.size}: {figure.what} {figure.value:.4g} {figure.unit}")
    return [Figure(**{**asdict(figure), "repeat": repeat}) for figure in figures]


def note(case: Case, server: str, what: str, unit: str, value: float) -> Figure:
    """What is told of a measurement beside its figures."""
    return Figure(case=case.name, size="", server=server, what=what, unit=unit, value=value)


async def run(asked: argparse.Namespace) -> list[Figure]:
    """All repeats of all cases; the servers take turns, so that noise comes to each alike."""
    return [
        figure
        for repeat in range(asked.repeats)
        for case in CASES
        if case.name in asked.cases
        for server in case.servers
        if not asked.servers or server in asked.servers
        for figure in await measure(case, server, asked.seconds, repeat)
    ]


def say(words: str) -> None:
    """How far we are."""
    sys.stderr.write(words + "\n")


def commit() -> str:
    """What is measured; with a plus where files differ from it."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()


def main() -> None:
    """Measure on a core of our own; the servers have the other."""
    asked = arguments()
    os.sched_setaffinity(0, {CLIENT_CORE})
    # Samples are kept by the hundred thousand: collecting would show as the servers' latency.
    gc.disable()
    figures = uvloop.run(run(asked))
    if asked.json:
        whole = {"commit": commit(), "figures": [asdict(figure) for figure in figures]}
        asked.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(f"Commit {commit()}. {report.quiet(figures)}")
    for part in (report.failures(figures), report.targets(figures), report.servers(figures)):
        print(f"\n{part}")
    sys.exit(any(figure.what == FAILED for figure in figures))


if __name__ == "__main__":
    main()
