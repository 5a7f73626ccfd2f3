"""What the library calls, told on in our own words and by whose answer it is."""

from collections.abc import Callable, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from brokers.ibkr import said
from brokers.ibkr.reading import contract_of, order_of
from brokers.wire import clean, rounded
from domain.errors import Unintelligible

# Whose answer a message is: of the request with this number, or of the only one of its kind.
Key = int | str
Hear = Callable[[Key | None, said.Said], None]

POSITIONS, OPEN_ORDERS, COMPLETED, TIME = "positions", "open orders", "completed orders", "time"


class Ears:
    """What the library calls: everything is told on in our own words, nothing is kept.

    `hear` is given whose answer it is. `unreadable` is called when a message was garbled, `closed`
    when the peer is gone.
    """

    defaultTimezone = UTC  # noqa: N815 (the library's)

    def __init__(
        self, hear: Hear, unreadable: Callable[[], None], closed: Callable[[], None]
    ) -> None:
        self._hear, self.unreadable, self.connectionClosed = hear, unreadable, closed
        self.time = ""
        self._end: said.Said = said.Done()

    def error(self, id: int, code: int, text: str, *_: object) -> None:
        self._hear(id, said.Complaint(id=id, code=code, text=text))

    def position(
        self, account: str, contract: Any, quantity: Decimal | None, cost: Decimal | None
    ) -> None:
        held = said.Position(
            account=clean(account),
            contract=contract_of(contract),
            quantity=_needed(quantity),
            average_cost=cost,
        )
        self._hear(POSITIONS, held)

    def commission(self, exec_id: str, amount: Decimal | None, currency: str) -> None:
        self._hear(None, said.Commission(exec_id=exec_id, amount=amount, currency=currency))

    def tick(self, id: int, kind: int, price: Decimal | None) -> None:
        self._hear(id, said.Tick(kind=kind, price=price))

    def expiries(self, id: int, days: Sequence[str]) -> None:
        self._hear(id, said.Expiries(days=tuple(days)))

    # From here on the names are the library's.

    def connectAck(self) -> None: ...  # noqa: N802
    def setEventsDone(self) -> None: ...  # noqa: N802

    def positionEnd(self) -> None:  # noqa: N802
        self._hear(POSITIONS, self._end)

    def openOrder(self, _: int, contract: Any, order: Any, state: Any) -> None:  # noqa: N802
        told = said.OpenOrder(
            contract=contract_of(contract),
            order=order_of(order),
            status=clean(state.status),
            warning=state.warningText,
            initial_margin_change=rounded(state.initMarginChange),
            equity_after=rounded(state.equityWithLoanAfter),
            commission=state.commission,
            least_commission=state.minCommission,
            most_commission=state.maxCommission,
            commission_currency=state.commissionCurrency,
        )
        self._hear(OPEN_ORDERS, told)

    def openOrderEnd(self) -> None:  # noqa: N802
        self._hear(OPEN_ORDERS, self._end)

    def completedOrder(self, contract: Any, order: Any, state: Any) -> None:  # noqa: N802
        told = said.CompletedOrder(
            contract=contract_of(contract),
            order=order_of(order),
            status=clean(state.status),
            completed_status=state.completedStatus,
            completed_time=state.completedTime,
        )
        self._hear(COMPLETED, told)

    def completedOrdersEnd(self) -> None:  # noqa: N802
        self._hear(COMPLETED, self._end)

    def orderStatus(  # noqa: N802
        self,
        id: int,
        status: str,
        filled: Decimal | None,
        _: Decimal | None,
        average: Decimal | None,
        perm_id: int,
        __: int,
        ___: Decimal | None,
        client_id: int,
        why_held: str = "",
        *____: object,
    ) -> None:
        told = said.Status(
            order_id=id,
            client_id=client_id,
            perm_id=perm_id,
            status=clean(status),
            filled=_needed(filled),
            average=average or None,
            why_held=clean(why_held),
        )
        self._hear(None, told)

    def execDetails(self, id: int, contract: Any, fill: Any) -> None:  # noqa: N802
        told = said.Execution(
            contract=contract_of(contract),
            exec_id=clean(fill.execId),
            time=self.time,
            account=clean(fill.acctNumber),
            exchange=clean(fill.exchange),
            side=fill.side,
            quantity=_needed(fill.shares),
            price=_needed(fill.price),
            perm_id=fill.permId,
            client_id=fill.clientId,
            order_id=fill.orderId,
            cumulative=_needed(fill.cumQty),
            average=fill.avgPrice or None,
            ref=clean(fill.orderRef),
        )
        self._hear(id, told)

    def execDetailsEnd(self, id: int) -> None:  # noqa: N802
        self._hear(id, self._end)

    def accountUpdateMulti(  # noqa: N802
        self, id: int, account: str, _: str, tag: str, value: str, currency: str
    ) -> None:
        told = said.Value(account=clean(account), tag=tag, text=clean(value), currency=currency)
        self._hear(id, told)

    def accountUpdateMultiEnd(self, id: int) -> None:  # noqa: N802
        self._hear(id, self._end)

    def pnlSingle(  # noqa: N802
        self,
        id: int,
        position: Decimal | None,
        daily: Decimal | None,
        unrealized: Decimal | None,
        _: Decimal | None,
        value: Decimal | None,
    ) -> None:
        told = said.Profit(position=position, daily=daily, unrealized=unrealized, value=value)
        self._hear(id, told)

    def contractDetails(self, id: int, found: Any) -> None:  # noqa: N802
        told = said.Details(
            contract=contract_of(found.contract),
            long_name=clean(found.longName),
            stock_type=found.stockType,
            min_tick=found.minTick or None,
            magnifier=found.priceMagnifier or 1,
            min_size=found.minSize or None,
            size_increment=found.sizeIncrement or None,
        )
        self._hear(id, told)

    bondContractDetails = contractDetails  # noqa: N815

    def contractDetailsEnd(self, id: int) -> None:  # noqa: N802
        self._hear(id, self._end)

    def symbolSamples(self, id: int, matches: Sequence[Any]) -> None:  # noqa: N802
        for match in matches:
            contract = contract_of(match.contract)
            name = clean(getattr(match.contract, "description", ""))
            self._hear(id, said.Match(contract=contract, name=name))
        self._hear(id, self._end)

    def securityDefinitionOptionParameterEnd(self, id: int) -> None:  # noqa: N802
        self._hear(id, self._end)

    def tickString(self, id: int, kind: int, text: str) -> None:  # noqa: N802
        self._hear(id, said.Tick(kind=kind, text=text))

    def tickSnapshotEnd(self, id: int) -> None:  # noqa: N802
        self._hear(id, self._end)

    def currentTime(self, _: int) -> None:  # noqa: N802
        self._hear(TIME, said.Time())
        self._hear(TIME, self._end)


def _needed(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise Unintelligible("the Gateway left out a quantity or a price")
    return amount
