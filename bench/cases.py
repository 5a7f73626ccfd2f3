"""The cases: what is measured of which servers, one server at a time, each started anew."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.calls import calls
from bench.fanout import Fanout, Held, highest_held
from bench.figures import Figure
from bench.servers import running
from bench.sockets import fleet
from bench.workload import document

POSITIONS = 50
MANY_USERS = 200
PAGE, SHORT_PAGE = 500, 10
IDLE_SOCKETS = 10_000
SETTLE = 2.0
WARM_UP = 1.0

SUBSCRIBED = ("Brokergraph", "graphql-ws", "Strawberry", "bare ASGI")
QUERIED = (
    "Brokergraph",
    "Yoga",
    "Mercurius",
    "Mercurius + JIT",
    "Strawberry",
    "Strawberry, cached",
)
# Where the search for a rate begins; it goes on from there either way.
GUESSES = {"Strawberry": 4_000.0, "Brokergraph": 20_000.0, "bare ASGI": 60_000.0}
USUAL_GUESS = 24_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of measurement; `measure` gives the figures of one server, `seconds` a trial."""

    name: str
    servers: Sequence[str]
    measure: Callable[[str, float], Awaitable[list[Figure]]]


def _figures(case: str, size: str, server: str, held: Held) -> Iterator[Figure]:
    best, half = held.best, held.half
    told = [
        ("held", "rows/s", best.rate if best else 0.0),
        ("delivered at most", "rows/s", held.most),
    ]
    if best and half:
        told += [
            ("p99 when held", "ms", best.p99 * 1_000),
            ("p50 at half", "ms", half.p50 * 1_000),
            ("p99 at half", "ms", half.p99 * 1_000),
            ("rows a frame", "", best.delivered / max(1, best.frames)),
            ("load client", "cores", best.client_cpu),
        ]
    for what, unit, value in told:
        yield Figure(case=case, size=size, server=server, what=what, unit=unit, value=value)


async def _fan_out(
    case: str, size: str, server: str, seconds: float, *, sockets: int, users: int
) -> list[Figure]:
    held = await highest_held(
        server,
        sockets=sockets,
        users=users,
        positions=POSITIONS,
        guess=GUESSES.get(server, USUAL_GUESS),
        seconds=seconds,
    )
    return list(_figures(case, size, server, held))


async def one_user(server: str, seconds: float) -> list[Figure]:
    """(a)"""
    figures = []
    for sockets in (100, 1_000):
        size = f"{sockets} sockets"
        figures += await _fan_out("a", size, server, seconds, sockets=sockets, users=1)
    return figures


async def many_users(server: str, seconds: float) -> list[Figure]:
    """(b)"""
    size = f"{MANY_USERS} users"
    return await _fan_out("b", size, server, seconds, sockets=MANY_USERS, users=MANY_USERS)


async def queries(server: str, seconds: float) -> list[Figure]:
    """(d)"""
    figures = []
    async with running(server, "--positions", str(PAGE)) as started:
        for first in (PAGE, SHORT_PAGE):
            await calls(started, document("query"), first, WARM_UP)
            rate, _ = await calls(started, document("query"), first, seconds)
            figure = Figure(
                case="d",
                size=f"{first} rows",
                server=server,
                what="answers",
                unit="answers/s",
                value=rate,
            )
            figures.append(figure)
    return figures


async def idle_sockets(server: str, _seconds: float) -> list[Figure]:
    """(f)"""
    users, sockets = MANY_USERS, IDLE_SOCKETS
    async with running(server, "--users", str(users), "--positions", "10") as started:
        before = started.cost().memory
        async with fleet(started, document("subscription"), sockets, users) as listeners:
            await Fanout(started, listeners, users, 1.0).prime()
            await asyncio.sleep(SETTLE)
            used = (started.cost().memory - before) / sockets
    size = f"{sockets} sockets"
    return [Figure(case="f", size=size, server=server, what="memory", unit="KiB", value=used)]


CASES = (
    Case(name="a", servers=SUBSCRIBED, measure=one_user),
    Case(name="b", servers=SUBSCRIBED, measure=many_users),
    Case(name="d", servers=QUERIED, measure=queries),
    Case(name="f", servers=SUBSCRIBED, measure=idle_sockets),
)
