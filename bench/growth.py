"""`python -m bench.growth FOLDER`: how cost grows with sockets, users, positions, marks; drawn."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
import uvloop
from matplotlib import pyplot as plt

from bench.cases import asked_of
from bench.rig import Rig, source
from bench.servers import CLIENT_CORE, running
from bench.sockets import fleet
from bench.workload import document

SERVERS = ("Brokergraph", "graphql-ws", "Strawberry")
SECONDS = 3.0
# Far below what any of them holds, so that it is work that is measured and not waiting.
ROWS_A_SECOND = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One point: `rate` in rows a second over all sockets."""

    sockets: int = 100
    users: int = 1
    positions: int = 50
    rate: float = ROWS_A_SECOND


AXES: dict[str, Sequence[Load]] = {
    "sockets of one user": [Load(sockets=each) for each in (10, 30, 100, 300, 1_000)],
    "users, a socket each": [Load(sockets=each, users=each) for each in (10, 30, 100, 300, 1_000)],
    "positions of a user": [Load(positions=each) for each in (10, 30, 100, 300, 1_000)],
    "marks a second, ten sockets": [
        replace(Load(sockets=10), rate=each * 10.0) for each in (5, 10, 30, 100, 300)
    ],
}


def place(axis: str, load: Load) -> float:
    """Where a point is on its axis."""
    match axis.partition(" ")[0].rstrip(","):
        case "sockets":
            return load.sockets
        case "users":
            return load.users
        case "positions":
            return load.positions
        case _:
            return load.rate / load.sockets


async def cost(server: str, load: Load) -> float:
    """The server's microseconds a row under this load."""
    users, sockets = load.users, load.sockets
    async with (
        running(server, "--users", str(users), "--positions", str(load.positions)) as started,
        fleet(started, document(asked_of(server)), sockets, users) as listeners,
    ):
        marks = source(started, "marks")
        rig = Rig(started, listeners, marks, users=users, seconds=SECONDS)
        await rig.prime()
        await rig.trial(load.rate)
        return (await rig.trial(load.rate)).cost


async def curves(axis: str) -> dict[str, list[tuple[float, float]]]:
    """Each server's points along an axis."""
    drawn: dict[str, list[tuple[float, float]]] = {}
    for server in SERVERS:
        for load in AXES[axis]:
            at, found = place(axis, load), await cost(server, load)
            sys.stderr.write(f"{axis} {at:g}, {server}: {found:.1f} us a row\n")
            drawn.setdefault(server, []).append((at, found))
    return drawn


def draw(axis: str, drawn: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """A plot, both of its scales logarithmic."""
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for server, points in drawn.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=server)
    axes.set(xscale="log", yscale="log", xlabel=axis, ylabel="server's time, µs a row")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


async def run(folder: Path) -> None:
    """Measure and draw every axis."""
    for axis in AXES:
        draw(axis, await curves(axis), folder / f"{axis.partition(' ')[0].rstrip(',')}.svg")


def main() -> None:
    """Measure on a core of our own; the servers have the other."""
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {CLIENT_CORE})
    gc.disable()
    # Text stays text, and a plot of the same figures is the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "brokergraph"})
    uvloop.run(run(folder))


if __name__ == "__main__":
    main()
