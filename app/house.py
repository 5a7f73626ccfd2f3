"""How the parts are put together, each opened in its turn and closed in reverse."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.access import Access
from app.brokers_offered import apps, endpoints, offered
from app.chores import Chores
from app.departure import delete
from app.metrics import Metrics
from app.reference_file import ReferenceFile
from app.settings import Settings
from app.stores import Stores, opened
from app.tenure import Tenure, tenure_of
from brokers import plugins
from brokers.contract import Plugin
from brokers.gate import CallRecord
from brokers.lines import Lines
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
from streaming.valued import Valued
from streaming.views import Views
from trading.connect import Connect
from trading.consenting import Consenting
from trading.desk import Desk
from trading.ports import Ports as TradingPorts
from trading.quotes import Quotes
from trading.returning import Returning
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
    returning: Returning


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the others are made of."""

    settings: Settings
    clock: Clock
    plugins: Mapping[str, Plugin]
    stores: Stores
    lines: Lines
    hub: Hub
    marks: Marks


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
        parts = _Parts(
            settings=settings,
            clock=clock,
            plugins=offered(plugins(), settings),
            stores=stores,
            lines=lines,
            hub=hub,
            marks=Marks(),
        )
        tenure = tenure_of(settings, stores, clock)
        feeds = _feeds(parts, tenure)
        services = _services(parts, feeds, tenure)
        await stack.enter_async_context(tenure.running(feeds.ring))
        await stack.enter_async_context(services.desk.running())
        if settings.feeds:
            await stack.enter_async_context(feeds.running())
        await stack.enter_async_context(_chores(parts).running())
        yield _house(parts, feeds, services)


def _house(parts: _Parts, feeds: Feeds, services: Services) -> House:
    returning = Returning(
        connect=services.connect,
        connections=parts.stores.connections,
        consents=parts.stores.consents,
        plugins=parts.plugins,
        clock=parts.clock,
    )
    return House(
        stores=parts.stores,
        hub=parts.hub,
        feeds=feeds,
        access=_access(parts),
        services=services,
        returning=returning,
    )


def _lines(settings: Settings, stores: Stores, clock: Clock, metrics: Metrics) -> Lines:
    async def record(call: CallRecord) -> None:
        metrics.called(call.operation, call.outcome)
        await stores.audit.append(call.user, entry_of(call))

    credentials = stores.connections.credentials
    offered, held = plugins(), apps(plugins(), settings)
    return Lines(offered, credentials, record, clock, endpoints(offered, settings), held=held)


def _feeds(parts: _Parts, tenure: Tenure) -> Feeds:
    ports = Ports(
        lines=parts.lines,
        ledger=tenure.ledger,
        connections=parts.stores.connections,
        hub=parts.hub,
        marks=parts.marks,
        clock=parts.clock,
    )
    return Feeds(ports, parts.stores.sync_runs, parts.plugins, owns=tenure.owns)


def _connect(parts: _Parts) -> Connect:
    stores, settings = parts.stores, parts.settings
    return Connect(
        connections=stores.connections,
        lines=parts.lines,
        plugins=parts.plugins,
        clock=parts.clock,
        live_trading=settings.live_trading,
        consenting=Consenting(
            consents=stores.consents, lines=parts.lines, callback=settings.callback
        ),
        apps=apps(parts.plugins, settings),
    )


def _services(parts: _Parts, feeds: Feeds, tenure: Tenure) -> Services:
    stores, connect = parts.stores, _connect(parts)
    return Services(
        clock=parts.clock,
        plugins=parts.plugins,
        journal=stores.journal,
        marks=parts.marks,
        valued=Valued(parts.marks),
        reads=stores.reads,
        views=Views(
            stores.journal,
            parts.hub,
            parts.marks,
            parts.clock,
            money=ReferenceFile(parts.settings.ecb_rates, parts.settings.dollar_coins).money,
        ),
        connect=connect,
        sync=Sync(
            connections=stores.connections, runs=stores.sync_runs, ring=lambda _: feeds.ring()
        ),
        desk=_desk(parts, tenure),
        quotes=Quotes(stores.reads, parts.lines, parts.marks.of, parts.clock),
        tokens=stores.tokens,
        sign_ins=stores.sign_ins,
        users=stores.users,
        links=stores.links,
        second_factors=stores.second_factors,
        identities=stores.identities,
        delete_user=partial(delete, stores, connect.disconnect),
        public_url=parts.settings.public,
        note=stores.audit.append,
    )


def _desk(parts: _Parts, tenure: Tenure) -> Desk:
    stores = parts.stores
    ports = TradingPorts(
        intents=tenure.intents,
        ledger=stores.ledger,
        reads=stores.reads,
        limits=stores.risk_limits,
        states=stores.trading_states,
        lines=parts.lines,
        plugins=parts.plugins,
        live=parts.marks.of,
        clock=parts.clock,
        secret=stores.preview_secret,
        owns=tenure.owns,
    )
    return Desk.over(ports)


def _access(parts: _Parts) -> Access:
    return Access(
        tokens=parts.stores.tokens,
        sign_ins=parts.stores.sign_ins,
        users=parts.stores.users,
        clock=parts.clock,
        cookie=parts.settings.cookie,
    )


def _chores(parts: _Parts) -> Chores:
    stores, kept = parts.stores, timedelta(days=parts.settings.retention_days)

    async def prune() -> None:
        await stores.journal.prune(parts.clock.now() - kept)

    async def log_heads() -> None:
        for user, head in (await stores.audit.heads()).items():
            written = {"user": user, "sequence": head.sequence, "hash": head.hash}
            log.info("audit head", extra=written)

    return Chores(parts.clock, {"prune": prune, "audit heads": log_heads})


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
