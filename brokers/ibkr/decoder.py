"""The library's decoder with its floats taken out, and what it tells as our own words."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from brokers.ibkr import library, said
from brokers.wire import clean, rounded
from domain.errors import Unintelligible

log = logging.getLogger(__name__)

# Whose answer a message is: of the request with this number, or of the only one of its kind.
Key = int | str
Hear = Callable[[Key | None, said.Said], None]

POSITIONS, OPEN_ORDERS, COMPLETED, TIME = "positions", "open orders", "completed orders", "time"

# Any time will do: the library drops a fill whose time zone it does not know.
_SOME_TIME = "946684800"
_CONTRACT = slice(3, 14)
# The messages that are answers to what is asked here; whatever else is told is passed over.
_HEARD = frozenset({1, 3, 4, 5, 10, 11, 18, 46, 49, 52, 53, 55, 57, 59, 61, 62, 73, 74, 79, 95})
_HEARD |= {101, 102}


class Exact(library.Decoder):  # type: ignore[misc]  # the library is chosen when it runs
    """As the library's, but amounts stay exact, and an unreadable message is told and not lost."""

    def __init__(self, ears: "Ears") -> None:
        super().__init__(ears, 0)
        self._ears = ears
        for number in self.handlers.keys() - _HEARD:
            del self.handlers[number]

    def wrap(self, methodName: str, types: Sequence[type], skip: int = 2) -> Callable[..., None]:  # noqa: N803 (the library's)
        def handler(fields: list[str]) -> None:
            if method := getattr(self.wrapper, methodName, None):
                method(*map(_converted, types, fields[skip:]))

        return handler

    def parse(self, obj: Any) -> None:
        for field in dataclasses.fields(obj):
            kind = type(field.default)
            if kind in {int, float, bool}:
                setattr(obj, field.name, _converted(kind, getattr(obj, field.name)))

    def interpret(self, fields: list[str]) -> None:
        try:
            if (handler := self.handlers.get(int(fields[0]))) is not None:
                handler(fields)
        except Exception:  # noqa: BLE001 (anything: the peer may send anything)
            log.warning(
                "a message of the Gateway cannot be read",
                extra={"kind": clean("".join(fields[:1]), 8)},
            )
            self._ears.unreadable()

    def position(self, fields: list[str]) -> None:
        quantity, cost = fields[14:16]
        contract = self._contract(fields[_CONTRACT])
        self._ears.position(fields[2], contract, _converted(float, quantity), rounded(cost))

    def updatePortfolio(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        """Not asked for."""

    def commissionReport(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.commission(fields[2], rounded(fields[3]), fields[4])

    def priceSizeTick(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.tick(int(fields[2]), int(fields[3]), rounded(fields[4]))

    def execDetails(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.time = fields[15]
        super().execDetails([*fields[:15], _SOME_TIME, *fields[16:]])

    def _contract(self, fields: list[str]) -> Any:
        names = (
            "conId symbol secType lastTradeDateOrContractMonth strike right multiplier exchange "
            "currency localSymbol tradingClass"
        )
        contract = library.Contract(**dict(zip(names.split(), fields, strict=True)))
        self.parse(contract)
        return contract


def _converted(kind: type, field: Any) -> Any:
    """As the wire has it; a number that is not said is None if it is a fraction, else 0."""
    if kind is float:
        return rounded(field)
    if kind is str or not isinstance(field, str):
        return field
    return kind(int(Decimal(field or 0)))


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

    def tickString(self, id: int, kind: int, text: str) -> None:  # noqa: N802
        self._hear(id, said.Tick(kind=kind, text=text))

    def tickSnapshotEnd(self, id: int) -> None:  # noqa: N802
        self._hear(id, self._end)

    def currentTime(self, _: int) -> None:  # noqa: N802
        self._hear(TIME, said.Time())
        self._hear(TIME, self._end)


def contract_of(one: Any) -> said.Contract:
    """The library's contract as ours."""
    legs = (
        said.Leg(con_id=leg.conId, ratio=leg.ratio, action=leg.action, open_close=leg.openClose)
        for leg in one.comboLegs or ()
    )
    return said.Contract(
        con_id=int(one.conId or 0),
        symbol=clean(one.symbol),
        sec_type=one.secType,
        last_trade_date=one.lastTradeDateOrContractMonth,
        strike=rounded(one.strike) or None,
        right=one.right,
        multiplier=one.multiplier,
        exchange=one.exchange,
        primary_exchange=one.primaryExchange,
        currency=one.currency,
        local_symbol=clean(one.localSymbol),
        trading_class=one.tradingClass,
        legs=tuple(legs),
    )


def order_of(one: Any) -> said.Order:
    """The library's order as ours."""
    return said.Order(
        order_id=one.orderId,
        client_id=one.clientId,
        perm_id=one.permId,
        account=clean(one.account),
        action=one.action,
        quantity=one.totalQuantity,
        type=one.orderType,
        limit=one.lmtPrice,
        aux=one.auxPrice,
        tif=one.tif,
        oca_group=one.ocaGroup,
        ref=clean(one.orderRef),
        parent_id=one.parentId,
        outside_rth=one.outsideRth,
        good_till=one.goodTillDate,
        trail_stop=one.trailStopPrice,
        trail_percent=one.trailingPercent,
        cash=one.cashQty or None,
        open_close=one.openClose,
        what_if=one.whatIf,
        filled=one.filledQuantity,
    )


def _needed(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise Unintelligible("the Gateway left out a quantity or a price")
    return amount
