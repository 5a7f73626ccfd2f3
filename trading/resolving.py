"""Finding out what became of an order whose answer never came: looking, never sending."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from brokers.contract import Broker, Found
from domain import intent as moves
from domain.capabilities import Replacing
from domain.connection import Connection
from domain.errors import BrokerError, ErrorCode, OutcomeUnknown, Problem
from domain.ids import IntentId, OrderId, UserId
from domain.intent import Intent, IntentState
from domain.order import OrderStatus, Terms
from trading.ports import Ports
from trading.recognizing import Recognizing

logger = logging.getLogger(__name__)

_EVERY = 1.0
_SOONEST, _LATEST = 1.0, 60.0
_MACHINE = "resolving"


class Resolving:
    """One path for a timeout, a 5xx, garbage, a crash and a restart."""

    def __init__(self, ports: Ports) -> None:
        self._intents, self._ledger, self._reads = ports.intents, ports.ledger, ports.reads
        self._lines, self._plugins = ports.lines, ports.plugins
        self._recognizing = Recognizing(ports)
        self._clock, self._owns = ports.clock, ports.owns
        # When each may be looked for again, and the pause after that, in seconds of the monotonic
        # clock; lost without harm.
        self._next_seconds: dict[IntentId, tuple[float, float]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Resolve in the background while inside."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def all(self) -> None:
        """One round over everything unresolved of this process; a failure waits for the next."""
        unresolved = await self._intents.unresolved()
        self._next_seconds = {
            i.id: self._next_seconds[i.id] for i in unresolved if i.id in self._next_seconds
        }
        due = [i for i in unresolved if self._owns(i.connection_id) and self._due(i)]
        await asyncio.gather(*map(self._tried, due))

    async def _tried(self, intent: Intent) -> None:
        """One that fails waits for its next turn and keeps nobody else waiting."""
        try:
            await self.one(intent)
        except (Problem, BrokerError) as error:
            logger.warning("intent %s is not resolved yet: %s", intent.id, error)
        except Exception:
            logger.exception("intent %s could not be resolved", intent.id)

    async def one(self, intent: Intent) -> Intent:
        """The intent after one look, if it is its owner's no more; it may still be UNKNOWN."""
        match intent.state:
            case IntentState.PENDING if self._abandoned(intent):
                return await self._conclude(intent, _never_sent)
            case IntentState.SENDING if self._abandoned(intent):
                return await self.one(await self._conclude(intent, _lost))
            case IntentState.UNKNOWN:
                return await self._look(intent)
            case _:
                return intent

    async def decide(
        self,
        user: UserId,
        id: IntentId,
        *,
        placed_as: str | None,
        note: str,
    ) -> Intent:
        """A person's word on an UNKNOWN one: never placed, or placed under this broker order id.

        Problem(CONFLICT) if it is not UNKNOWN; BAD_INPUT if that order is not the one.
        """
        intent = await self._intents.one(user, id)
        if intent is None:
            raise Problem(ErrorCode.NOT_FOUND, "no such intent", field="id")
        if intent.state is not IntentState.UNKNOWN:
            raise Problem(ErrorCode.CONFLICT, f"it is {intent.state}, not UNKNOWN", field="id")
        if placed_as is None:
            return await self._intents.conclude(intent, _by_person(note), actor=user)
        return await self._adopt(intent, placed_as)

    async def _run(self) -> None:
        while True:
            try:
                await self.all()
            except Exception:
                logger.exception("resolving failed; it goes on")
            await self._clock.sleep(_EVERY)

    def _abandoned(self, intent: Intent) -> bool:
        return moves.abandoned(intent, self._clock.now())

    def _due(self, intent: Intent) -> bool:
        """Soon at first, then ever more slowly: an outage is not helped by asking."""
        now = self._clock.monotonic()
        at, pause = self._next_seconds.get(intent.id, (now, _SOONEST))
        if intent.state is IntentState.UNKNOWN and now >= at:
            self._next_seconds[intent.id] = (now + pause, min(2 * pause, _LATEST))
        return now >= at

    async def _look(self, intent: Intent) -> Intent:
        """FOUND: recorded, which settles it. Absent: only once that proves something."""
        connection, broker, number = await self._line(intent)
        asked_at = self._clock.now()
        found = await broker.find(number, intent.client_order_id)
        if found.report is None and self._in_place(intent, connection):
            found = await self._changed(intent, broker, number)
        if found.report is None and not self._tells_our_ids(connection):
            found = await self._recognizing.look(intent, broker, number)
        if found.report is not None:
            report = replace(found.report, client_order_id=intent.client_order_id)
            await self._ledger.record(intent.user_id, connection.id, report)
            return await self._known(intent)
        if found.proven_absent or self._proves(intent, connection, asked_at):
            return await self._conclude(intent, _absent)
        return await self._known(intent)

    def _tells_our_ids(self, connection: Connection) -> bool:
        return self._plugins[connection.broker].capabilities.tells_our_ids

    def _in_place(self, intent: Intent, connection: Connection) -> bool:
        able = self._plugins[connection.broker].capabilities
        return intent.replaces is not None and able.replacing is Replacing.IN_PLACE

    async def _changed(self, intent: Intent, broker: Broker, number: str) -> Found:
        """The order that was to be changed under its own ids, if it now reads as was asked for.

        BrokerError while the change is under way: what it reads as then says nothing.
        """
        order = await self._reads.order(intent.user_id, intent.replaces or OrderId(""))
        if order is None:
            return Found(report=None)
        report = await broker.order(number, order.broker_order_id)
        if report.status is OrderStatus.PENDING_REPLACE:
            raise OutcomeUnknown("the order is being changed")
        return Found(report=report if _reads_as(report.terms, intent.terms) else None)

    def _proves(self, intent: Intent, connection: Connection, asked_at: datetime) -> bool:
        able = self._plugins[connection.broker].capabilities
        return moves.absence_proves(
            intent, asked_at=asked_at, settles=able.absence_settles, horizon=able.find_horizon
        )

    async def _adopt(self, intent: Intent, placed_as: str) -> Intent:
        connection, broker, number = await self._line(intent)
        report = await broker.order(number, placed_as)
        same = (report.instrument.id, report.terms.side) == (
            intent.instrument.id,
            intent.terms.side,
        )
        if not same or report.client_order_id not in {None, intent.client_order_id}:
            raise Problem(
                ErrorCode.BAD_INPUT, "that is another order", field="placedAsBrokerOrderId"
            )
        report = replace(report, client_order_id=intent.client_order_id)
        await self._ledger.record(intent.user_id, connection.id, report)
        return await self._known(intent)

    async def _line(self, intent: Intent) -> tuple[Connection, Broker, str]:
        """Through whichever connection owns the account now."""
        account = await self._reads.account(intent.user_id, intent.account_id)
        owner = account.connection_id if account else intent.connection_id
        connection = await self._reads.connection(intent.user_id, owner)
        if connection is None:
            raise Problem(ErrorCode.NOT_FOUND, "the connection is gone")
        number = await self._intents.number(intent.account_id)
        return connection, await self._lines.open(connection), number

    async def _conclude(self, intent: Intent, move: Callable[..., Intent]) -> Intent:
        try:
            return await self._intents.conclude(intent, move, actor=_MACHINE)
        except Problem:
            return await self._known(intent)

    async def _known(self, intent: Intent) -> Intent:
        return await self._intents.one(intent.user_id, intent.id) or intent


def _reads_as(terms: Terms, wanted: Terms) -> bool:
    """Whether a change came true, by what can be changed."""
    changeable = attrgetter("quantity", "limit_price", "stop_price", "trail_amount")
    return bool(changeable(terms) == changeable(wanted))


def _never_sent(intent: Intent, now: datetime) -> Intent:
    message = "the server stopped before it was sent; ask again with a new key"
    return moves.not_placed(intent, code=ErrorCode.NOT_SENT, message=message, now=now)


def _lost(intent: Intent, now: datetime) -> Intent:
    return moves.unknown(intent, message="the server stopped while it was sent", now=now)


def _absent(intent: Intent, now: datetime) -> Intent:
    message = "the broker was asked and has no such order"
    return moves.not_placed(intent, code=ErrorCode.NOT_SENT, message=message, now=now)


def _by_person(note: str) -> Callable[[Intent, datetime], Intent]:
    message = "ended by a person: never placed"
    return lambda intent, now: moves.not_placed(
        intent, code=ErrorCode.NOT_SENT, message=message, now=now, note=note
    )
