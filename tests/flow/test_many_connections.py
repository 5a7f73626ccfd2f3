"""Forty connections at four brokers are kept current on time, and leave nothing when they go."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from sandbox.doors import Door, doors
from tests.app.process import Child
from tests.flow.test_four_brokers import link, settings_of
from tests.flow.waiting import until
from tests.flow.world import Api, World, world

USERS = tuple(f"user{number}" for number in range(10))
EVERY, MINUTE = 15, 60.0
LATEST = 10.0
SYNC_OFTEN = """
mutation($input: UpdateConnectionInput!) { updateConnection(input: $input) {
  userErrors { code message }
} }
"""
STATES = "{ connections { id health { state } freshness { resource status attemptedAt } } }"
DISCONNECT = """
mutation($input: DisconnectInput!) { disconnect(input: $input) { userErrors { code } } }
"""


def _own(box: Sandbox, number: int) -> tuple[Door, ...]:
    """Four doors that are one user's: keys and accounts of their own where a key opens one."""
    mine = {door.broker: door for door in doors(box)}
    key, secret = f"PKSANDBOX0000000{number:04}", f"secret-{number}"
    box.alpaca.account(key, secret)
    coinbase = box.coinbase.new_key(f"user{number}", box.coinbase.open_account())
    typed = {
        "alpaca": {"key_id": key, "secret": secret},
        "coinbase": {"key_name": coinbase.name, "private_key": coinbase.secret},
        "ibkr": {"client_id": str(100 + number)},
        "etrade": mine["etrade"].typed,
    }
    return tuple(replace(door, typed=typed[name]) for name, door in mine.items())


async def _linked(made: World, url: str, number: int) -> None:
    """All four of a user, read as often as may be."""
    api = made.api(url, USERS[number])
    for door in _own(made.box, number):
        id = await link(api, door)
        asked = {"connectionId": id, "syncEverySeconds": EVERY}
        told = await api.ask(SYNC_OFTEN, input=asked)
        assert told["updateConnection"]["userErrors"] == [], told


async def _connections(made: World, url: str) -> list[dict[str, Any]]:
    told = await asyncio.gather(*(made.api(url, name).ask(STATES) for name in USERS))
    return [one for each in told for one in each["connections"]]


def _all_active(found: list[dict[str, Any]]) -> bool:
    return len(found) == 4 * len(USERS) and all(
        one["health"]["state"] == "ACTIVE" and _read_at(one) for one in found
    )


def _read_at(connection: dict[str, Any]) -> datetime | None:
    """When its accounts were last read, by the beginning of that."""
    told = {one["resource"]: one for one in connection["freshness"]}
    accounts = told.get("ACCOUNTS")
    if accounts is None or accounts["status"] != "OK":
        return None
    return datetime.fromisoformat(accounts["attemptedAt"])


async def _watched(made: World, url: str) -> dict[str, list[datetime]]:
    """Each connection's readings for a minute."""
    readings: dict[str, list[datetime]] = {}
    end = asyncio.get_running_loop().time() + MINUTE
    while asyncio.get_running_loop().time() < end:
        for one in await _connections(made, url):
            at, known = _read_at(one), readings.setdefault(one["id"], [])
            if at is not None and (not known or known[-1] < at):
                known.append(at)
        await asyncio.sleep(0.5)
    return readings


def _lateness(readings: dict[str, list[datetime]]) -> list[float]:
    """Seconds by which each reading came later than it was due, least first."""
    gaps = [
        (later - before).total_seconds()
        for known in readings.values()
        for before, later in pairwise(known)
    ]
    return sorted(max(0.0, gap - EVERY) for gap in gaps)


async def _tasks(made: World, url: str) -> float:
    async with made.http.get(f"{url}/metrics") as response:
        text = await response.text()
    found = re.search(r"^brokergraph_tasks (\S+)$", text, re.MULTILINE)
    assert found
    return float(found[1])


def _sockets(child: Child) -> int:
    """What the server has open: its listener, its clients, and whatever leads to brokers."""
    folder = Path(f"/proc/{child.process.pid}/fd")
    return sum(str(one.readlink()).startswith("socket:") for one in folder.iterdir())


async def test_forty_connections_are_read_on_time_for_a_minute_and_leave_nothing(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, users=USERS) as made:
        at = settings_of(doors(made.box))
        async with made.served(**at) as (url, child):
            tasks, sockets = await _tasks(made, url), _sockets(child)
            await asyncio.gather(*(_linked(made, url, number) for number in range(len(USERS))))
            await until(lambda: _connections(made, url), _all_active)
            readings = await _watched(made, url)
            late = _lateness(readings)
            assert _all_active(await _connections(made, url))
            assert min(map(len, readings.values())) >= 3
            assert late[int(len(late) * 0.99)] < LATEST, late[-10:]
            for one in await _connections(made, url):
                await _disconnected(made, url, one["id"])
            await until(lambda: _tasks(made, url), lambda now: now <= tasks + 5)
            await until(lambda: _open(child), lambda now: now <= sockets + 5)


async def _disconnected(made: World, url: str, id: str) -> None:
    """By its owner; nobody else knows it."""
    for name in USERS:
        api: Api = made.api(url, name)
        answer = await api.ask(DISCONNECT, input={"connectionId": id})
        if not answer["disconnect"]["userErrors"]:
            return
    raise AssertionError("nobody owns it")


async def _open(child: Child) -> int:
    return _sockets(child)
