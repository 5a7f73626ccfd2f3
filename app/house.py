"""How the parts are put together, each opened in its turn and closed in reverse."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from app.access import Access
from app.chores import Chores
from app.metrics import Metrics
from app.settings import Settings
from app.stores import Stores, opened
from brokers import plugins
from brokers.gate import CallRecord
from brokers.lines import Endpoints, Lines
from domain.account import Environment
from domain.audit import AuditEntry
from domain.changes import Change
from domain.clock import Clock
from domain.errors import ErrorCode
from graph.context import Services
from streaming.bus import Bus
from streaming.feeds import Feeds
from streaming.hub import Hub
from streaming.marks import Marks
from streaming.ports import Ports
from streaming.views import Views
from trading.connect import Connect
from trading.desk import Desk
from trading.ports import Ports as TradingPorts
from trading.sync import Sync

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts that endpoints are made of; everything else is reached through them."""

    stores: Stores
    hub: Hub
    feeds: Feeds
    access: Access
    services: Services


@asynccontextmanager
async def opened_house(settings: Settings, clock: Clock, metrics: Metrics) -> AsyncIterator[House]:
    """Open every part; Problem if the database or the keys are not as they have to be."""

    def committed(changes: Sequence[Change]) -> None:
        metrics.committed(change.kind for change in changes)
        hub.push(changes)
        feeds.heard(changes)

    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(
            opened(settings, clock, committed=committed, exclusive=True)
        )
        bus = Bus(settings.bus_url.get_secret_value())
        hub = Hub(stores.journal, clock, bus.ring)
        await stack.enter_async_context(bus.listening(hub.heard))
        await stack.enter_async_context(hub.running())
        lines = _lines(settings, stores, clock, metrics)
        stack.push_async_callback(lines.aclose)
        marks = Marks()
        feeds = _feeds(stores, lines, hub, marks, clock)
        services = _services(settings, stores, lines, hub, feeds, marks, clock)
        await stack.enter_async_context(services.desk.running())
        if settings.feeds:
            await stack.enter_async_context(feeds.running())
        await stack.enter_async_context(_chores(settings, stores, clock).running())
        access = _access(settings, stores, clock)
        yield House(stores=stores, hub=hub, feeds=feeds, access=access, services=services)


def _lines(settings: Settings, stores: Stores, clock: Clock, metrics: Metrics) -> Lines:
    async def record(call: CallRecord) -> None:
        metrics.called(call.operation, call.outcome)
        await stores.audit.append(call.user, entry_of(call))

    credentials = stores.connections.credentials
    return Lines(plugins(), credentials, record, clock, endpoints_of(settings))


def _feeds(stores: Stores, lines: Lines, hub: Hub, marks: Marks, clock: Clock) -> Feeds:
    ports = Ports(
        lines=lines,
        ledger=stores.ledger,
        connections=stores.connections,
        hub=hub,
        marks=marks,
        clock=clock,
    )
    return Feeds(ports, stores.sync_runs, plugins())


def _services(
    settings: Settings,
    stores: Stores,
    lines: Lines,
    hub: Hub,
    feeds: Feeds,
    marks: Marks,
    clock: Clock,
) -> Services:
    connections = stores.connections
    return Services(
        clock=clock,
        plugins=plugins(),
        journal=stores.journal,
        marks=marks,
        reads=stores.reads,
        views=Views(stores.journal, hub, marks, clock),
        connect=Connect(
            connections=connections,
            lines=lines,
            plugins=plugins(),
            clock=clock,
            live_trading=settings.live_trading,
        ),
        sync=Sync(connections=connections, runs=stores.sync_runs, ring=lambda _: feeds.ring()),
        desk=_desk(stores, lines, marks, clock),
        tokens=stores.tokens,
        sign_ins=stores.sign_ins,
    )


def _desk(stores: Stores, lines: Lines, marks: Marks, clock: Clock) -> Desk:
    ports = TradingPorts(
        intents=stores.intents,
        ledger=stores.ledger,
        reads=stores.reads,
        limits=stores.risk_limits,
        states=stores.trading_states,
        lines=lines,
        plugins=plugins(),
        live=marks.of,
        clock=clock,
        secret=stores.preview_secret,
    )
    return Desk.over(ports)


def _access(settings: Settings, stores: Stores, clock: Clock) -> Access:
    return Access(
        tokens=stores.tokens,
        sign_ins=stores.sign_ins,
        users=stores.users,
        clock=clock,
        cookie=settings.cookie,
    )


def _chores(settings: Settings, stores: Stores, clock: Clock) -> Chores:
    async def prune() -> None:
        await stores.journal.prune(clock.now() - timedelta(days=settings.retention_days))

    async def log_heads() -> None:
        for user, head in (await stores.audit.heads()).items():
            written = {"user": user, "sequence": head.sequence, "hash": head.hash}
            log.info("audit head", extra=written)

    return Chores(clock, {"prune": prune, "audit heads": log_heads})


def entry_of(call: CallRecord) -> AuditEntry:
    """A call to a broker as the audit keeps it."""
    return AuditEntry(
        at=call.at,
        actor="server",
        action=call.operation,
        outcome=call.outcome,
        connection=call.connection,
        method=call.method,
        path=call.path,
        purpose=call.purpose,
        status=call.status,
        code=None if call.code is None else ErrorCode(call.code),
        request_id=call.request_id,
        duration_ms=call.duration_ms,
        correlation_id=call.correlation_id,
    )


def endpoints_of(settings: Settings) -> Endpoints:
    """The base URLs that are set, by environment as the brokers know it."""
    return {
        broker: {Environment(name.upper()): urls for name, urls in environments.items()}
        for broker, environments in settings.endpoints.items()
    }
