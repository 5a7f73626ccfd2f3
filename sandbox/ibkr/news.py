"""What clients are told without having asked just then: of orders, executions, prices."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sandbox.ibkr import account_requests, layouts, notices, order_layouts, price_requests
from sandbox.ibkr.notices import Notice
from sandbox.ibkr.placed import Fill, Placed
from sandbox.ibkr.session import Session
from sandbox.orders import Event, ExecType, OrdStatus, OrdType, TimeInForce

if TYPE_CHECKING:
    from sandbox.ibkr.gateway import Gateway

_AT_ONCE = frozenset({TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL})
_ENDS = frozenset({ExecType.CANCELED, ExecType.EXPIRED, ExecType.REJECTED})


class News:
    """Listens to the exchange and tells whom it concerns."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._held: list[Callable[[], None]] = []

    def happened(self, event: Event) -> None:
        """Something happened to an order, maybe to one of these accounts."""
        desk = self._gateway.desk
        if not desk.belongs(event):
            return
        placed = desk.about(event.order)
        if event.type in {ExecType.TRADE, ExecType.TRADE_CORRECT}:
            self._traded(placed, event)
        elif event.type is ExecType.TRADE_CANCEL:
            self._gateway.fills.drop(event)
            self._moved(placed)
        elif not desk.is_leg(event.order):
            self._order_changed(placed, event)

    def release(self) -> None:
        """Tell what was held back."""
        held, self._held = self._held, []
        for tell in held:
            tell()

    def prices_moved(self) -> None:
        """Prices, and what hangs on them."""
        if not self._gateway.habits.servers_up:
            return
        for session in self._gateway.started():
            price_requests.push(session)
            account_requests.push_gains(session)

    # Orders

    def _order_changed(self, placed: Placed, event: Event) -> None:
        """A market order that is about to fill is not told to be working first."""
        if event.type is ExecType.REPLACE_REJECTED:
            placed.restore()
        if event.type is ExecType.NEW and placed.order.ticket.type is OrdType.MARKET:
            return
        for session in self._gateway.hearing(placed):
            if event.type not in _ENDS | {ExecType.PENDING_CANCEL}:
                session.tell(order_layouts.open_order(session.version, placed))
            self._status(session, placed)
            if (refusal := _refusal(placed, event)) is not None:
                session.notify(refusal, placed.order_id)
        if event.type in _ENDS:
            self._end_after(placed)

    def _end_after(self, placed: Placed) -> None:
        """Margins are free again."""
        for session in self._gateway.started():
            account_requests.push_values(session, placed.account)

    def _status(self, session: Session, placed: Placed) -> None:
        for _ in range(1 + self._gateway.habits.duplicate_statuses):
            session.tell(order_layouts.order_status(placed))

    # Executions

    def _traded(self, placed: Placed, event: Event) -> None:
        """The recorded order: execution, openOrder, status, openOrder with commission, that."""
        corrected = event.type is ExecType.TRADE_CORRECT
        fills, habits = self._gateway.fills, self._gateway.habits
        fill = fills.correct(event) if corrected else fills.add(event)
        first = partial(self._tell_execution, fill)
        last = partial(self._tell_commission, fill)
        if habits.hold_executions:
            self._held += [first, last]
        elif not habits.execution_after_status:
            first()
        if not (corrected or self._gateway.desk.is_leg(event.order)):
            self._tell_status(placed)
        if not habits.hold_executions:
            if habits.execution_after_status:
                first()
            if habits.hold_commissions:
                self._held.append(last)
            else:
                last()
        self._moved(placed)

    def _tell_execution(self, fill: Fill) -> None:
        for session in self._gateway.hearing(fill.placed):
            session.tell(layouts.execution(session.version, fill))

    def _tell_commission(self, fill: Fill) -> None:
        for session in self._gateway.hearing(fill.placed):
            margins = order_layouts.Margins(commission=fill.placed.commission, currency="USD")
            session.tell(order_layouts.open_order(session.version, fill.placed, margins=margins))
            session.tell(layouts.commission(fill))

    def _tell_status(self, placed: Placed) -> None:
        for session in self._gateway.hearing(placed):
            session.tell(order_layouts.open_order(session.version, placed))
            self._status(session, placed)

    def _moved(self, placed: Placed) -> None:
        """Positions and money, to whoever follows the account."""
        symbols = {fill.execution.symbol for fill in self._gateway.fills.of(placed)}
        symbols.discard("")
        for session in self._gateway.started():
            for symbol in sorted(symbols or {placed.contract.market_symbol}):
                account_requests.push_position(session, placed.account, symbol)
            account_requests.push_values(session, placed.account)
            account_requests.push_gains(session)


def _refusal(placed: Placed, event: Event) -> Notice | None:
    """What is told besides an order's status."""
    order = event.order
    if event.type is ExecType.CANCELED and order.ticket.time_in_force not in _AT_ONCE:
        return notices.CANCELLED
    if event.type is ExecType.REJECTED:
        return Notice(201, f"Order rejected - reason:{order.text}")
    if event.type is ExecType.CANCEL_REJECTED:
        return notices.not_cancellable(placed.order_id, placed.status).notice
    if event.type is ExecType.REPLACE_REJECTED:
        return Notice(201, "Order rejected - reason:the change was refused")
    if order.status is OrdStatus.REJECTED:
        return Notice(201, f"Order rejected - reason:{order.text}")
    return None
