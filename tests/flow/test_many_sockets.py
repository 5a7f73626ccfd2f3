"""Promise: clients that come and vanish leave nothing, and one that stalls slows nobody."""

import asyncio
import json
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from tests.app.process import Child
from tests.flow.follower import CHANGES, SUBPROTOCOL, Follower
from tests.flow.test_resuming import _ticket
from tests.flow.world import World, world
from tests.waiting import asked_until

POSITIONS = "subscription { positionUpdated { asOf upserts { id quantity } } }"
AT_ONCE = 20
# So many that none of them subscribes more often than one may.
PEOPLE = ("ada", "bob", "cyd", "dot")
WARM_UP = 400
MORE_MEMORY = 5 * 1024 * 1024
HANDFUL = 10
LONGEST_STALL = 60.0


def _greeting(token: str, query: str) -> list[str]:
    payload = {"authorization": f"Bearer {token}"}
    return [
        json.dumps({"type": "connection_init", "payload": payload}),
        json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}),
    ]


async def _come_and_vanish(url: str, token: str, query: str) -> None:
    """Subscribe, hear something, and reset the connection."""
    async with connect(url.replace("http", "ws") + "/graphql", subprotocols=[SUBPROTOCOL]) as one:
        for message in _greeting(token, query):
            await one.send(message)
        while (told := json.loads(await one.recv()))["type"] != "next":
            assert told["type"] not in {"error", "complete"}, told
        one.transport.abort()


async def _churn(url: str, tokens: Sequence[str], many: int) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with turn:
            token = tokens[index // 2 % len(tokens)]
            await _come_and_vanish(url, token, POSITIONS if index % 2 else CHANGES)

    async with asyncio.TaskGroup() as tasks:
        for index in range(many):
            tasks.create_task(one(index))


async def _gauges(made: World, url: str) -> dict[str, float]:
    async with made.http.get(f"{url}/metrics") as response:
        text = await response.text()
    names = ("sockets", "operations", "listeners", "tasks")
    found = {name: re.search(rf"^brokergraph_{name} (\S+)$", text, re.MULTILINE) for name in names}
    return {name: float(each[1]) for name, each in found.items() if each}


def _memory(child: Child) -> int:
    """Bytes of the server's memory that are its own."""
    status = Path(f"/proc/{child.process.pid}/status").read_text()
    return 1024 * int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0])


def _is_back(now: dict[str, float], start: dict[str, float]) -> bool:
    """Nothing of clients is left; the server's own tasks come and go, but for a handful."""
    same = all(now[name] == start[name] for name in ("sockets", "operations", "listeners"))
    return same and now["tasks"] < start["tasks"] + HANDFUL


async def _leaves_nothing(folder: Path, many: int) -> int:
    """Bytes by which the server grew while so many came and vanished."""
    async with (
        world(folder, users=PEOPLE) as made,
        made.served(SOCKETS_PER_USER=str(2 * AT_ONCE)) as (url, child),
    ):
        for name in PEOPLE:
            await made.api(url, name).link()
        tokens = [made.tokens[name] for name in PEOPLE]
        await _churn(url, tokens, WARM_UP)
        start = await asked_until(lambda: _gauges(made, url), lambda now: now["operations"] == 0)
        memory = _memory(child)
        await _churn(url, tokens, many)
        assert start.keys() == {"sockets", "operations", "listeners", "tasks"}
        await asked_until(lambda: _gauges(made, url), lambda now: _is_back(now, start))
        grown = _memory(child) - memory
        assert grown < MORE_MEMORY
        return grown


async def test_two_thousand_that_vanish_leave_no_listener_task_or_memory(tmp_path: Path) -> None:
    await _leaves_nothing(tmp_path, 2_000)


@pytest.mark.soak
async def test_twenty_thousand_that_vanish(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    grown = await _leaves_nothing(tmp_path, 20_000)
    record_property("sockets", 20_000)
    record_property("KiB grown", grown // 1024)


@asynccontextmanager
async def _stalled(url: str, token: str) -> AsyncIterator[socket.socket]:
    """A client whose window is full: it subscribes and never reads again."""
    address = urlsplit(url)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(0)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, (address.hostname, address.port))
    one = await connect(
        url.replace("http", "ws") + "/graphql", subprotocols=[SUBPROTOCOL], sock=raw, max_queue=1
    )
    for message in _greeting(token, CHANGES):
        await one.send(message)
    one.transport.pause_reading()
    try:
        yield raw
    finally:
        one.transport.abort()


async def test_a_stalled_reader_is_dropped_and_slows_nobody(tmp_path: Path) -> None:
    async with world(tmp_path) as made, made.served() as (url, _):
        await made.api(url).link()
        token = made.tokens["ada"]
        async with Follower(lambda: url, token) as quick, _stalled(url, token):
            await quick.until(len)
            start, seeded = time.monotonic(), random.Random(3)
            open_now = (await _gauges(made, url))["sockets"]
            while (await _gauges(made, url))["sockets"] == open_now:
                await _told_of_ten_orders(made, quick, seeded)
                assert time.monotonic() - start < LONGEST_STALL
        assert quick.connects == 1


async def _told_of_ten_orders(made: World, quick: Follower, seeded: random.Random) -> None:
    wanted = len(quick.frames) + 10
    for _ in range(10):
        order = made.box.exchange.submit(made.box.paper, _ticket(seeded, made))
        made.box.exchange.cancel(made.box.paper, order.id)
    made.box.exchange.work()
    await quick.until(lambda frames: len(frames) >= wanted)
