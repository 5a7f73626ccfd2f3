"""The cases: what is measured of which servers, one server at a time, each started anew."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.calls import calls
from bench.figures import US, Figure
from bench.postgres import cluster, fresh
from bench.rig import Held, Rig, highest_held, source
from bench.servers import running
from bench.sockets import fleet
from bench.workload import document

POSITIONS = 50
MANY_USERS = 200
PAGE, SHORT_PAGE = 500, 10
IDLE_SOCKETS = 10_000
# Order events: how many at once in a burst, and what is demanded.
BURST, DEMANDED = 100, 5_000.0
EVENTS = 100.0
SETTLE = 2.0
WARM_UP = 1.0

SUBSCRIBED = ("Brokergraph", "graphql-ws", "Strawberry", "bare ASGI")
# The same with the pace that it keeps to for every client, at the fastest that a client can ask.
SHIPPED = "Brokergraph as shipped"
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
            ("server's time", "us/row", best.cost),
            ("rows a frame", "", best.delivered / max(1, best.frames)),
            ("frames when held", "frames/s", best.rate * best.frames / max(1, best.delivered)),
            ("load client", "cores", best.client_cpu),
        ]
    for what, unit, value in told:
        yield _figure(case, size, server, what, unit, value)


def _figure(case: str, size: str, server: str, what: str, unit: str, value: float) -> Figure:
    return Figure(case=case, size=size, server=server, what=what, unit=unit, value=value)


def asked_of(server: str) -> str:
    """The subscription that it is asked for: of any rate, as the peers' are who know none."""
    return {US: "unlimited", SHIPPED: "paced"}.get(server, "subscription")


async def _fan_out(
    case: str, size: str, server: str, seconds: float, *, sockets: int, users: int
) -> list[Figure]:
    async with (
        running(server, "--users", str(users), "--positions", str(POSITIONS)) as started,
        fleet(started, document(asked_of(server)), sockets, users) as listeners,
    ):
        rig = Rig(started, listeners, source(started, "marks"), users=users, seconds=seconds)
        held = await highest_held(rig, GUESSES.get(server, USUAL_GUESS))
    return list(_figures(case, size, server, held))


async def one_user(server: str, seconds: float) -> list[Figure]:
    """(a)"""
    figures: list[Figure] = []
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
    figures: list[Figure] = []
    async with running(server, "--positions", str(PAGE)) as started:
        for first in (PAGE, SHORT_PAGE):
            await calls(started, document("query"), first, WARM_UP)
            rate, _ = await calls(started, document("query"), first, seconds)
            size = f"{first} rows"
            figures.append(_figure("d", size, server, "answers", "answers/s", rate))
    return figures


async def idle_sockets(server: str, _seconds: float) -> list[Figure]:
    """(f)"""
    users, sockets = MANY_USERS, IDLE_SOCKETS
    async with running(server, "--users", str(users), "--positions", "10") as started:
        before = started.cost().memory
        async with fleet(started, document(asked_of(server)), sockets, users) as listeners:
            marks = source(started, "marks")
            await Rig(started, listeners, marks, users=users, seconds=1).prime()
            await asyncio.sleep(SETTLE)
            used = (started.cost().memory - before) / sockets
    size = f"{sockets} sockets"
    return [_figure("f", size, server, "memory", "KiB", used)]


async def order_events(server: str, seconds: float) -> list[Figure]:
    """(c)"""
    figures = await _order_events(server, seconds, "SQLite", None)
    with cluster() as database:
        return figures + await _order_events(server, seconds, "PostgreSQL", database)


async def _order_events(
    server: str, seconds: float, engine: str, database: str | None
) -> list[Figure]:
    figures: list[Figure] = []
    for words, burst, guess in (("one a commit", 1, 200.0), ("bursts", BURST, 1_000.0)):
        where = ("--database", await fresh(database)) if database else ()
        async with (
            running(server, *where) as started,
            fleet(started, document("orders"), 1, 1) as listeners,
        ):
            orders = source(started, "orders", burst=burst)
            rig = Rig(started, listeners, orders, users=1, seconds=seconds)
            held = await highest_held(rig, guess)
            size = f"{words}, {engine}"
            figures += _figures("c", size, server, held)
            if burst > 1:
                trial = await rig.trial(DEMANDED)
                figures.append(_figure("c", size, server, "p99 at 5000", "ms", trial.p99 * 1_000))
    return figures


async def end_to_end(server: str, seconds: float) -> list[Figure]:
    """(e)"""
    size = f"{EVENTS:.0f} events a second"
    async with (
        running("sandbox") as broker,
        running(server, "--endpoints", json.dumps(broker.told["endpoints"])) as started,
        fleet(started, document("orders"), 1, 1) as listeners,
    ):
        rig = Rig(started, listeners, source(broker, "orders"), users=1, seconds=seconds)
        await rig.prime()
        await rig.trial(EVENTS)
        trial = await rig.trial(EVENTS)
    return [
        _figure("e", size, server, "p50", "ms", trial.p50 * 1_000),
        _figure("e", size, server, "p99", "ms", trial.p99 * 1_000),
    ]


CASES = (
    Case(name="a", servers=(*SUBSCRIBED, SHIPPED), measure=one_user),
    Case(name="b", servers=(*SUBSCRIBED, SHIPPED), measure=many_users),
    Case(name="c", servers=(US,), measure=order_events),
    Case(name="d", servers=QUERIED, measure=queries),
    Case(name="e", servers=(US,), measure=end_to_end),
    Case(name="f", servers=SUBSCRIBED, measure=idle_sockets),
)
