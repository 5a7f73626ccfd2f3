"""Many connections at four brokers are kept current on time, and leave nothing when they go."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.app.process import Child
from tests.flow.crowd import Crowd, crowd
from tests.flow.test_four_brokers import begin, complete, settings_of
from tests.flow.world import World, world
from tests.waiting import asked_until

BROKERS = ("alpaca", "coinbase", "etrade", "ibkr")
AT_ONCE = 10
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


@dataclass(slots=True, kw_only=True)
class Many:
    """A server with a connection at every broker for each of so many people."""

    made: World
    url: str
    child: Child
    people: tuple[str, ...]
    crowds: tuple[Crowd, ...]
    sync_every: int

    @property
    def expected(self) -> int:
        """How many connections there are."""
        return len(self.people) * len(self.crowds)

    async def link(self) -> None:
        """Everybody at every broker."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with turn:
                for each in self.crowds:
                    await self._signed_in(number, each)

        await asyncio.gather(*(one(number) for number in range(len(self.people))))

    async def connections(self) -> dict[str, dict[str, dict[str, Any]]]:
        """By owner and id, as they are."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def theirs(name: str) -> dict[str, dict[str, Any]]:
            async with turn:
                told = await self._api(name).ask(STATES)
            return {one["id"]: one for one in told["connections"]}

        return dict(zip(self.people, await asyncio.gather(*map(theirs, self.people)), strict=True))

    async def disconnect(self) -> None:
        """All of them."""
        for name, theirs in (await self.connections()).items():
            for id in theirs:
                asked = {"connectionId": id}
                told = await self._api(name).ask(DISCONNECT, input=asked)
                assert told["disconnect"]["userErrors"] == []

    async def tasks(self) -> int:
        """What runs in the server."""
        async with self.made.http.get(f"{self.url}/metrics") as response:
            found = re.search(r"^brokergraph_tasks (\S+)$", await response.text(), re.MULTILINE)
        assert found
        return int(float(found[1]))

    async def sockets(self) -> int:
        """What it has open: its listener, its clients, and whatever leads to brokers."""
        return _sockets(self.child.process.pid)

    def seconds_of_cpu(self) -> float:
        """Since it started."""
        fields = Path(f"/proc/{self.child.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def kib(self) -> int:
        """Of memory that is its own."""
        status = Path(f"/proc/{self.child.process.pid}/status").read_text()
        return int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0])

    def _api(self, name: str) -> Any:
        return self.made.api(self.url, name)

    async def _signed_in(self, number: int, each: Crowd) -> None:
        """As a person would: a consent is a form on the broker's page."""
        api, typed = self._api(self.people[number]), each.typed[number]
        consents = each.broker == "etrade"
        id, page = await begin(api, each, typed if consents else None)
        await complete(api, id, await self._agreed(page) if consents and page else typed)
        asked = {"connectionId": id, "syncEverySeconds": self.sync_every}
        told = await api.ask(SYNC_OFTEN, input=asked)
        assert told["updateConnection"]["userErrors"] == [], told

    async def _agreed(self, page: str) -> dict[str, str]:
        key, token = re.findall(r"(?:key|token)=([^&]+)", page)
        form = {"key": key, "token": unquote(token), "decision": "accept"}
        async with self.made.http.post(page.partition("?")[0], data=form) as answer:
            code = re.findall(r'readonly value="(\w+)"', await answer.text())
        return {"oauth_verifier": code[0]}


def _sockets(pid: int) -> int:
    folder = Path(f"/proc/{pid}/fd")
    return sum(str(one.readlink()).startswith("socket:") for one in folder.iterdir())


@asynccontextmanager
async def many(folder: Path, people: int, *, gateways: int, sync_every: int) -> AsyncIterator[Many]:
    """A served process, and each broker in another."""
    names = tuple(f"person{number}" for number in range(people))
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world(folder, users=names))
        crowds = tuple(
            [await stack.enter_async_context(crowd(one, people, gateways)) for one in BROKERS]
        )
        settings = settings_of(crowds)
        url, child = await stack.enter_async_context(made.served(**settings))
        yield Many(
            made=made,
            url=url,
            child=child,
            people=names,
            crowds=crowds,
            sync_every=sync_every,
        )


def _read_at(connection: dict[str, Any]) -> datetime | None:
    """When its accounts were last read, by the beginning of that."""
    told = {one["resource"]: one for one in connection["freshness"]}
    accounts = told.get("ACCOUNTS")
    if accounts is None or accounts["status"] != "OK":
        return None
    return datetime.fromisoformat(accounts["attemptedAt"])


async def _watched(all_: Many, seconds: float) -> dict[str, list[datetime]]:
    """When each connection was read, looked at thrice in the time that is between two readings."""
    readings: dict[str, list[datetime]] = {}
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        for theirs in (await all_.connections()).values():
            for id, one in theirs.items():
                at, known = _read_at(one), readings.setdefault(id, [])
                if at is not None and (not known or known[-1] < at):
                    known.append(at)
        await asyncio.sleep(all_.sync_every / 3)
    return readings


def _lateness(readings: dict[str, list[datetime]], every: int) -> list[float]:
    """Seconds by which each reading began later than it was due, least first."""
    gaps = [
        (later - before).total_seconds()
        for known in readings.values()
        for before, later in pairwise(known)
    ]
    return sorted(max(0.0, gap - every) for gap in gaps)


async def _are_kept(all_: Many, seconds: float) -> dict[str, object]:
    """What was counted while they were kept current, and that nothing was left behind."""
    tasks, sockets, kib = await all_.tasks(), await all_.sockets(), all_.kib()
    await all_.link()
    # So many seconds, as so many are begun, and ended, at once.
    soon = max(30.0, all_.expected / 4)
    await asked_until(all_.connections, lambda found: _active(found, all_.expected), within=soon)
    began = all_.seconds_of_cpu()
    readings = await _watched(all_, seconds)
    cpu, grown = all_.seconds_of_cpu() - began, all_.kib() - kib
    assert _active(await all_.connections(), all_.expected)
    late = _lateness(readings, all_.sync_every)
    least, worst = min(map(len, readings.values())), late[int(len(late) * 0.99)]
    assert least >= seconds / all_.sync_every - 1, (worst, late[-10:])
    assert worst < LATEST, (least, late[-10:])
    await all_.disconnect()
    await asked_until(all_.tasks, lambda now: now <= tasks + AT_ONCE, within=soon)
    await asked_until(all_.sockets, lambda now: now <= sockets + AT_ONCE, within=soon)
    return {
        "connections": all_.expected,
        "readings": sum(map(len, readings.values())),
        "readings of the least read": least,
        "seconds late (p99)": round(worst, 1),
        "ms of CPU per connection and second": round(1000 * cpu / seconds / all_.expected, 2),
        "KiB per connection": grown // all_.expected,
    }


def _active(found: dict[str, dict[str, dict[str, Any]]], expected: int) -> bool:
    """All are there, well, and have been read."""
    shown = [one for theirs in found.values() for one in theirs.values()]
    return len(shown) == expected and all(
        one["health"]["state"] == "ACTIVE" and _read_at(one) for one in shown
    )


async def test_forty_are_read_on_time_for_a_minute_and_leave_nothing(tmp_path: Path) -> None:
    async with many(tmp_path, 10, gateways=2, sync_every=15) as all_:
        assert (await _are_kept(all_, 60))["connections"] == 40


@pytest.mark.soak
async def test_a_thousand_are_read_on_time_for_a_quarter_of_an_hour_and_leave_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with many(tmp_path, 250, gateways=8, sync_every=60) as all_:
        for name, count in (await _are_kept(all_, 15 * 60)).items():
            record_property(name, count)
