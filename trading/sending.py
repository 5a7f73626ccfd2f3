"""One intent out of the door, once, and what its answer or its silence means."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from brokers.contract import Broker
from domain import intent as moves
from domain.books import Books, blocked
from domain.connection import Connection
from domain.errors import BrokerError, ErrorCode, OutcomeUnknown, Problem, Refused, Unreachable
from domain.facts import OrderReport
from domain.ids import OrderId
from domain.intent import Boundary, Intent, IntentState
from domain.money import EXACT
from domain.order import Terms
from trading.freshness import FreshLook
from trading.ports import Ports
from trading.wanted import check_tradable

logger = logging.getLogger(__name__)

# As long as a request may take with its wait for a turn; a halt has to wait it out.
SEND_WITHIN = timedelta(seconds=30)

Move = Callable[[Intent, datetime], Intent]


Send = Callable[[], Awaitable[OrderReport]]


class Sending:
    """Everything that can wait or fail comes before the flip to SENDING; after it, one request."""

    def __init__(self, ports: Ports, look: FreshLook) -> None:
        self._intents, self._ledger, self._reads = ports.intents, ports.ledger, ports.reads
        self._lines, self._look = ports.lines, look
        self._clock, self._trace = ports.clock, ports.trace
        self._owner = uuid4().hex

    async def send(self, intent: Intent, connection: Connection) -> Intent:
        """The intent as it stands afterwards: UNKNOWN if nobody can tell yet."""
        try:
            send = await self._prepared(intent, connection)
            sending = await self._look.until(
                connection,
                intent.account_id,
                lambda begun: self._intents.send(intent, begun=begun, decide=self._leave),
            )
        except (Problem, BrokerError) as error:
            return await self._conclude(intent, _never(error))
        if sending.state is not IntentState.SENDING:
            return sending
        self._trace(Boundary.SENDING_COMMITTED)
        concluded = await self._outcome(sending, send)
        self._trace(Boundary.OUTCOME_COMMITTED)
        return concluded

    async def _prepared(self, intent: Intent, connection: Connection) -> Send:
        """The one request, ready to leave: signed in, described, its turn come."""
        broker = await self._lines.open(connection)
        number = await self._intents.number(intent.account_id)
        if intent.replaces is None:
            ticket = intent.ticket(number)
            await self._lines.ready(connection)
            return lambda: broker.place(ticket)
        current, terms = await self._replaced(intent, broker, number)
        await self._lines.ready(connection)
        return lambda: broker.replace(current, terms, intent.client_order_id)

    async def _replaced(
        self, intent: Intent, broker: Broker, number: str
    ) -> tuple[OrderReport, Terms]:
        """The order as the broker now has it, and the new terms for what it still works.

        Its earlier links have filled some of the whole quantity, of which the broker's newest id
        knows nothing.
        """
        order = await self._reads.order(intent.user_id, intent.replaces or OrderId(""))
        if order is None:
            raise Problem(ErrorCode.ORDER_NOT_FOUND, "there is no such order")
        current = await broker.order(number, order.broker_order_id)
        whole, working, wanted = order.terms, current.terms, intent.terms
        if whole.quantity is None or working.quantity is None or wanted.quantity is None:
            return current, wanted
        before = EXACT.subtract(whole.quantity, working.quantity)
        return current, replace(wanted, quantity=EXACT.subtract(wanted.quantity, before))

    def _leave(self, books: Books, intent: Intent) -> Intent:
        """Flip to SENDING, unless a halt came in between."""
        check_tradable(books.connection)
        found = blocked(books, intent)
        if found:
            code, message = found[0].code, found[0].message
            return moves.refused(intent, code=code, message=message, now=books.now)
        deadline = books.now + SEND_WITHIN
        return moves.sending(intent, owner=self._owner, now=books.now, deadline=deadline)

    async def _outcome(self, intent: Intent, send: Send) -> Intent:
        try:
            report = await self._wire(intent, send)
        except Refused as refused:
            return await self._conclude(intent, _no(refused))
        except Unreachable as unreachable:
            return await self._conclude(intent, _never(unreachable))
        except (BrokerError, TimeoutError) as silence:
            return await self._conclude(intent, _lost(str(silence) or "no answer in time"))
        except Exception:
            # Whatever broke, the order may be there.
            logger.exception("an adapter failed while it placed an order")
            return await self._conclude(intent, _lost("the answer could not be understood"))
        self._trace(Boundary.REPLIED)
        await self._ledger.record(intent.user_id, intent.connection_id, report)
        return await self._known(intent)

    async def _wire(self, intent: Intent, send: Send) -> OrderReport:
        """The broker's answer, by the deadline; after it nothing leaves."""
        left = (intent.deadline - self._clock.now()).total_seconds()
        if left <= 0:
            raise Unreachable("it took too long to write it down; nothing was sent")
        self._trace(Boundary.WRITING)
        async with asyncio.timeout(left):
            report = await send()
        if report.client_order_id not in {None, intent.client_order_id}:
            raise OutcomeUnknown("the broker answered with another order")
        return replace(report, client_order_id=intent.client_order_id)

    async def _conclude(self, intent: Intent, move: Move) -> Intent:
        """Write it down, unless an order that was seen meanwhile has settled the question."""
        try:
            return await self._intents.conclude(intent, move, actor=self._owner)
        except Problem:
            return await self._known(intent)

    async def _known(self, intent: Intent) -> Intent:
        return await self._intents.one(intent.user_id, intent.id) or intent


def _no(error: BrokerError) -> Move:
    code, message = error.code, error.message
    return lambda known, now: moves.refused(known, code=code, message=message, now=now)


def _never(error: BrokerError | Problem) -> Move:
    code, message = error.code, error.message
    return lambda known, now: moves.not_placed(known, code=code, message=message, now=now)


def _lost(message: str) -> Move:
    return lambda known, now: moves.unknown(known, message=message, now=now)
