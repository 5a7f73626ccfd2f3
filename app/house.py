"""How the parts are put together, each opened in its turn and closed in reverse."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.access import Access
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
from streaming.views import Views
from trading.connect import Connect
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

    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(
            opened(settings, clock, committed=committed, exclusive=True)
        )
        bus = Bus(settings.bus_url.get_secret_value())
        hub = Hub(stores.journal, clock, bus.ring)
        await stack.enter_async_context(bus.listening(hub.heard))
        await stack.enter_async_context(hub.running())
        lines = Lines(
            plugins(),
            stores.connections.credentials,
            _recorder(stores, metrics),
            clock,
            endpoints_of(settings),
        )
        stack.push_async_callback(lines.aclose)
        marks = Marks()
        yield House()


def _recorder(stores: Stores, metrics: Metrics) -> Callable[[CallRecord], Awaitable[None]]:
    """Every call to a broker is counted and written down."""

    async def record(call: CallRecord) -> None:
        metrics.called(call.operation, call.outcome)
        await stores.audit.append(call.user, entry_of(call))

    return record


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
