"""Orders as they are asked for: open ones, those of the day that are over, and the day's fills.

None of the three lists tells all, so all three are read. They go back to the last restart or
midnight, no further (vendor documentation, 2026): absence is a question, never an answer.
"""

from collections.abc import Iterable, Sequence

from brokers.ibkr import library, said
from brokers.ibkr.book import Book
from brokers.ibkr.catalog import Catalog
from brokers.ibkr.ears import COMPLETED, OPEN_ORDERS
from brokers.ibkr.known import Fill, Known
from brokers.ibkr.link import ANSWER, BEAT_ANSWER, Link
from domain.errors import NotPermitted, OrderNotFound, Unintelligible
from domain.facts import OrderReport
from domain.instrument import Instrument

# A list of executions that is empty may come without its end (captured, 2026-04).
_FILLS_WITHIN = 2.0


class Listing:
    """The orders of a login's accounts."""

    def __init__(self, link: Link, book: Book, catalog: Catalog) -> None:
        self._link, self._book, self._catalog = link, book, catalog

    async def reports(self, account: str) -> tuple[OrderReport, ...]:
        """Open and recent orders of an account, each with its executions."""
        listed = await self._read()
        found: list[OrderReport] = []
        for known in self._book.of_account(account):
            if known.perm_id in listed:
                found += await self.told(known)
        return tuple(found)

    async def fills(self, account: str) -> Sequence[tuple[str, Instrument, Fill]]:
        """What was traded today: of a combination its legs, each by its order's number."""
        await self._read()
        found = []
        for known in self._book.of_account(account):
            for fill in known.fills.values():
                if fill.contract.sec_type != "BAG":
                    traded = await self._catalog.instrument(fill.contract)
                    found.append((str(known.perm_id), traded, fill))
        return found

    async def find(self, account: str, ref: str) -> OrderReport | None:
        """The order that has our id, if the Gateway still tells of it."""
        listed = await self._read()
        known = self._book.of_ref(account, ref)
        if known is None or known.perm_id not in listed:
            return None
        return next(iter(await self.told(known)), None)

    async def one(self, account: str, broker_order_id: str) -> OrderReport:
        """By Interactive Brokers' own number; OrderNotFound if it is in no list."""
        listed = await self._read()
        number = int(broker_order_id) if broker_order_id.isdigit() else 0
        known = self._book.of_number(number)
        if known is None or number not in listed or known not in self._book.of_account(account):
            raise OrderNotFound("the Gateway tells of no such order")
        return next(iter(await self.told(known)))

    async def routed(self, broker_order_id: str) -> Known:
        """An order with the ids by which it is changed, asked for if it is not known yet."""
        number = int(broker_order_id) if broker_order_id.isdigit() else 0
        known = self._book.of_number(number)
        if known is None or known.order is None or not known.order.client_id:
            await self._read()
            known = self._book.of_number(number)
        if known is None or known.order is None:
            raise OrderNotFound("the Gateway tells of no such order")
        return known

    async def beat(self) -> None:
        """A sign of life, which also tells of orders that others placed: those are not pushed.

        They are if our client id is the Gateway's master client id.
        """
        await (self._link.is_there() if self._link.read_only else self._open(BEAT_ANSWER))

    async def told(self, known: Known, exec_id: str | None = None) -> Iterable[OrderReport]:
        """What is to be said of an order: its contracts may have to be asked for first."""
        contract = known.contract
        if contract is None:
            return ()
        instruments: dict[int, Instrument] = {}
        for leg in contract.legs:
            instruments[leg.con_id] = await self._catalog.instrument(
                said.Contract(con_id=leg.con_id, currency=contract.currency)
            )
        if contract.sec_type != "BAG":
            instruments[contract.con_id] = await self._catalog.instrument(contract)
        return tuple(self._book.reports(known.perm_id, instruments, exec_id))

    async def _read(self) -> frozenset[int]:
        """Have all lists told; the numbers of the orders in them.

        An API that only reads tells of executions and of no order.
        """
        words = await self._fills()
        if not self._link.read_only:
            try:
                words += [*await self._open(), *await self._completed()]
            except NotPermitted:
                if not self._link.read_only:
                    raise
        return frozenset(map(_number, words))

    async def _completed(self) -> list[said.Said]:
        return await self._link.ask(
            "completed_orders",
            "REQ_COMPLETED_ORDERS",
            lambda client, _: client.reqCompletedOrders(False),  # noqa: FBT003 (the library's)
            key=COMPLETED,
        )

    async def _open(self, patience: float = ANSWER) -> list[said.Said]:
        return await self._link.ask(
            "open_orders",
            "REQ_ALL_OPEN_ORDERS",
            lambda client, _: client.reqAllOpenOrders(),
            key=OPEN_ORDERS,
            patience=patience,
        )

    async def _fills(self) -> list[said.Said]:
        every = library.ExecutionFilter()
        return await self._link.ask(
            "executions",
            "REQ_EXECUTIONS",
            lambda client, number: client.reqExecutions(number, every),
            patience=_FILLS_WITHIN,
            endless=True,
        )


def _number(word: said.Said) -> int:
    match word:
        case said.OpenOrder(order=order) | said.CompletedOrder(order=order):
            return order.perm_id
        case said.Execution(perm_id=perm_id):
            return perm_id
        case said.Complaint():
            return 0
    raise Unintelligible("the Gateway listed something that is no order")
