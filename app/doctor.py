"""Whether the server would find what it needs here: each finding says what to do about it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urlsplit

import aiohttp

from app.brokers_offered import endpoints
from app.settings import PREFIX, Settings
from app.stores import Stores, composed, keyring
from brokers import plugins
from domain.clock import Clock
from domain.errors import Problem
from store.database import Database, sqlite_file
from store.keyring import Keyring
from store.writer import Writer

_GIB = 1024**3
_PATIENCE_SECONDS = 5.0
# What a Date header may be off by itself is a second, and the way here takes some of another.
_CLOCK_SECONDS = 5.0


class Verdict(StrEnum):
    """How a finding is."""

    OK = "ok"
    SKIPPED = "skipped"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `told` says what to do if it is wrong."""

    what: str
    verdict: Verdict
    told: str


async def findings(settings: Settings, clock: Clock, *, ask_time: bool) -> AsyncIterator[Finding]:
    """Look at everything, change nothing; with `ask_time` also at the clock, by brokers' answers.

    Speaks to nobody but the brokers of enabled connections, and sends them no credential.
    """
    keys = _keys(settings)
    yield keys if isinstance(keys, Finding) else _ok("keys", "readable, by their owner alone")
    yield _disk(settings)
    yield _callback(settings)
    known = None if isinstance(keys, Finding) else keys
    async for finding in _database(settings, clock, known, ask_time=ask_time):
        yield finding


def _keys(settings: Settings) -> Keyring | Finding:
    try:
        return keyring(settings)
    except Problem as problem:
        return _wrong("keys", problem.message)


def _disk(settings: Settings) -> Finding:
    """Room for a copy of the database, as one is made before each migration, and some more."""
    file = sqlite_file(settings.database)
    folder = (file or settings.data_folder.resolve()).parent
    while not folder.exists():
        folder = folder.parent
    size = file.stat().st_size if file is not None and file.exists() else 0
    free, needed = shutil.disk_usage(folder).free, max(_GIB, 2 * size)
    told = f"{free / _GIB:.1f} GiB free in {folder}"
    if free >= needed:
        return _ok("disk", told)
    return _wrong("disk", f"{told}, {needed / _GIB:.1f} GiB are wanted: make room")


def _callback(settings: Settings) -> Finding:
    """Where brokers have to send people back to, for whoever registers an application."""
    brokers = ", ".join(sorted(settings.apps)) or "no broker: no application's keys are set"
    return _ok("callback", f"{settings.callback} is to be registered with {brokers}")


async def _database(
    settings: Settings, clock: Clock, keys: Keyring | None, *, ask_time: bool
) -> AsyncIterator[Finding]:
    file = sqlite_file(settings.database)
    if file is not None and not file.exists():
        yield _skipped("database", f"none yet: `brokergraph user create NAME` makes {file}")
        return
    try:
        db = await Database.open(settings.database)
    except Problem as problem:
        yield _wrong("database", problem.message)
        return
    try:
        current = await db.is_current()
        yield _ok("database", "current") if current else _stale()
        if current and keys is not None:
            stores = composed(db, Writer(db, clock, lambda _: None), keys)
            yield await _vault(stores)
            async for finding in _brokers(settings, stores, clock, ask_time=ask_time):
                yield finding
    finally:
        await db.close()


def _stale() -> Finding:
    return _wrong("database", "not as this version needs it: run `brokergraph migrate`")


async def _vault(stores: Stores) -> Finding:
    shut = await stores.vault.unopened()
    if not shut:
        return _ok("vault", "the keys open every credential")
    told = f"the keys do not open those of {', '.join(sorted(shut))}"
    return _wrong("vault", f"{told}: put the old key back after the newest, or sign these in again")


async def _brokers(
    settings: Settings, stores: Stores, clock: Clock, *, ask_time: bool
) -> AsyncIterator[Finding]:
    """Whether each address answers at all; which word it answers with is no matter."""
    urls = await _addresses(settings, stores)
    if not urls:
        yield _skipped("brokers", "no connection is enabled")
    if not ask_time:
        yield _skipped("clock", "not compared: ask for it by --clock")
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        for name, url in urls.items():
            finding, date = await _reached(http, name, url)
            yield finding
            if ask_time and date is not None:
                yield _clock(name, clock.now(), date)


async def _addresses(settings: Settings, stores: Stores) -> Mapping[str, str]:
    """Every address of enabled connections by its host, the sockets' as https."""
    offered, replaced = plugins(), endpoints(plugins(), settings)
    found: dict[str, str] = {}
    for connection in await stores.connections.every():
        if connection.broker not in offered:
            continue
        own = offered[connection.broker].endpoints[connection.environment]
        other = replaced.get(connection.broker, {}).get(connection.environment, {})
        for url in {**own, **other}.values():
            parts = urlsplit(url)
            scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
            host = parts.netloc.rpartition("@")[2]
            found[f"{connection.broker} at {host}"] = f"{scheme}://{host}/"
    return found


async def _reached(
    http: aiohttp.ClientSession, name: str, url: str
) -> tuple[Finding, datetime | None]:
    if url.startswith("tcp:"):
        return await _listening(name, url), None
    try:
        async with http.head(url, allow_redirects=False) as answer:
            return _ok(name, f"answers {answer.status}"), _date(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        setting = f"{PREFIX}ENDPOINTS"
        told = f"does not answer ({type(error).__name__}): see network, firewall and {setting}"
        return _wrong(name, told), None


async def _listening(name: str, url: str) -> Finding:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except (TimeoutError, OSError) as error:
        told = f"does not listen ({type(error).__name__}): start it, and see {PREFIX}ENDPOINTS"
        return _wrong(name, told)
    writer.close()
    return _ok(name, "listens")


def _date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    return date if date.tzinfo is not None else None


def _clock(name: str, now: datetime, date: datetime) -> Finding:
    off = (now - date).total_seconds()
    if abs(off) <= _CLOCK_SECONDS:
        return _ok("clock", f"agrees with {name}")
    return _wrong("clock", f"{off:+.0f} s from that of {name}: let NTP set it")


def _ok(what: str, told: str) -> Finding:
    return Finding(what=what, verdict=Verdict.OK, told=told)


def _skipped(what: str, told: str) -> Finding:
    return Finding(what=what, verdict=Verdict.SKIPPED, told=told)


def _wrong(what: str, told: str) -> Finding:
    return Finding(what=what, verdict=Verdict.WRONG, told=told)
