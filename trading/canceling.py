"""Taking orders back. A cancel creates nothing, so it always passes and may be repeated."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from brokers.contract import Broker
from domain.errors import BrokerError, ErrorCode, Problem
from domain.facts import OrderReport, Source, Stamp
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId, UserId
from domain.order import Order
from trading.ports import Ports

_PAGE = 200
_CONFIRM_WITHIN = 10.0
_EVERY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """An order that may still be working, and the last that was heard about its cancel."""

    order: Order
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What became of many cancels: over, or not known to be."""

    over: tuple[Order, ...]
    unconfirmed: tuple[Unconfirmed, ...]


class Canceling:
    """Asks the broker to cancel, then looks."""

    def __init__(self, ports: Ports) -> None:
        self._intents, self._ledger, self._reads = ports.intents, ports.ledger, ports.reads
        self._lines, self._clock = ports.lines, ports.clock

    async def one(self, user: UserId, id: OrderId) -> Order:
        """The order as it stands after its cancel was asked for; that it is over comes later.

        Raises Problem(CONFLICT) if it is over already, and the broker's own error if it refuses.
        """
        order = await self._reads.order(user, id)
        if order is None:
            raise Problem(ErrorCode.ORDER_NOT_FOUND, "no such order", field="orderId")
        if order.status.terminal:
            raise Problem(ErrorCode.CONFLICT, f"the order is {order.status}", field="orderId")
        try:
            await self._ask(user, order)
        finally:
            order = await self.look(user, order)
        return order

    async def every(
        self,
        user: UserId,
        accounts: Iterable[AccountId],
        *,
        instrument: InstrumentId | None = None,
    ) -> Swept:
        """All that is open in these accounts; waits ten seconds for each to be over."""
        orders = await self._open(user, list(accounts), instrument)
        said = dict(await asyncio.gather(*(self._tried(user, order) for order in orders)))
        orders = await self._settled(user, orders)
        left = tuple(
            Unconfirmed(order=order, code=said[order.id][0], message=said[order.id][1])
            for order in orders
            if not order.status.terminal
        )
        return Swept(over=tuple(o for o in orders if o.status.terminal), unconfirmed=left)

    async def look(self, user: UserId, order: Order) -> Order:
        """The order as the broker has it now; as last known if the broker cannot be asked."""
        with suppress(BrokerError, Problem):
            broker = await self._line(user, order.connection_id)
            number = await self._intents.number(order.account_id)
            report = await broker.order(number, order.broker_order_id)
            await self._ledger.record(user, order.connection_id, report)
        return await self._reads.order(user, order.id) or order

    async def _ask(self, user: UserId, order: Order) -> None:
        broker = await self._line(user, order.connection_id)
        number = await self._intents.number(order.account_id)
        await broker.cancel(report_of(order, number))

    async def _tried(self, user: UserId, order: Order) -> tuple[OrderId, tuple[ErrorCode, str]]:
        try:
            await self._ask(user, order)
        except (BrokerError, Problem) as error:
            return order.id, (error.code, error.message)
        return order.id, (ErrorCode.OUTCOME_UNKNOWN, "the broker has not confirmed it yet")

    async def _open(
        self, user: UserId, accounts: list[AccountId], instrument: InstrumentId | None
    ) -> list[Order]:
        found: list[Order] = []
        after: str | None = None
        while True:
            page = await self._reads.orders(
                user,
                accounts=accounts,
                instrument=instrument,
                open_only=True,
                first=_PAGE,
                after=after,
            )
            found += page.items
            if not page.has_next:
                return found
            after = page.cursors[-1]

    async def _settled(self, user: UserId, orders: list[Order]) -> list[Order]:
        """The orders once all are over, or as they are when patience ends."""
        deadline = self._clock.monotonic() + _CONFIRM_WITHIN
        while True:
            for account in sorted({o.account_id for o in orders if not o.status.terminal}):
                await self._look_at_all(user, account)
            found = [await self._reads.order(user, order.id) for order in orders]
            orders = [new or old for new, old in zip(found, orders, strict=True)]
            over = all(order.status.terminal for order in orders)
            if over or self._clock.monotonic() >= deadline:
                return orders
            await self._clock.sleep(_EVERY)

    async def _look_at_all(self, user: UserId, id: AccountId) -> None:
        """One snapshot tells of many orders for the price of a few calls."""
        with suppress(BrokerError, Problem):
            account = await self._reads.account(user, id)
            if account is not None:
                broker = await self._line(user, account.connection_id)
                snapshot = await broker.snapshot(await self._intents.number(id))
                await self._ledger.record(user, account.connection_id, snapshot)

    async def _line(self, user: UserId, id: ConnectionId) -> Broker:
        connection = await self._reads.connection(user, id)
        if connection is None:
            raise Problem(ErrorCode.NOT_FOUND, "the connection is gone")
        return await self._lines.open(connection)


def report_of(order: Order, number: str) -> OrderReport:
    """The order in the words in which a broker is told of it."""
    return OrderReport(
        account=number,
        broker_order_id=order.broker_order_id,
        client_order_id=order.client_order_id,
        instrument=order.instrument,
        terms=order.terms,
        status=order.status,
        raw_status=order.raw_status,
        stamp=Stamp(time=None, source=Source.POLL, arrival=order.updated_at),
    )
