"""An exchange with one account, and short ways to use it."""

from datetime import UTC, datetime
from decimal import Decimal

from sandbox.account import Account
from sandbox.clock import ManualClock
from sandbox.exchange import Exchange
from sandbox.orders import (
    ExecType,
    Order,
    Side,
    Ticket,
)

D = Decimal
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
CALL, OTHER_CALL = "AAPL271217C00250000", "AAPL271217C00270000"


class Desk:
    """An exchange with one account, and short ways to use it."""

    def __init__(self, clock: ManualClock, **options: bool) -> None:
        self.exchange = Exchange(seed=3, clock=clock, **options)
        self.account: Account = self.exchange.open_account()

    def ask(self, symbol: str, side: Side, quantity: str | None, **terms: object) -> Order:
        """Submit, let it work, and give the order as it then stands."""
        amount = None if quantity is None else D(quantity)
        ticket = Ticket(symbol=symbol, side=side, quantity=amount, **terms)  # type: ignore[arg-type]  # terms by name
        order = self.exchange.submit(self.account, ticket)
        self.exchange.work()
        return self.now(order)

    def now(self, order: Order) -> Order:
        """The order as it stands."""
        return self.account.orders[order.id]

    def types(self, order: Order) -> list[ExecType]:
        """What happened to it, in order."""
        return [one.type for one in self.exchange.events if one.order.id == order.id]
