"""The floor: when orders trade, what a trade does to the books and to the orders around it."""

from dataclasses import replace
from decimal import Decimal

from sandbox import family, matching
from sandbox.account import Account
from sandbox.books import Books
from sandbox.clock import Clock, in_session
from sandbox.instruments import Kind
from sandbox.orders import (
    Contingency,
    ExecType,
    Execution,
    Order,
    OrdStatus,
    OrdType,
    TimeInForce,
)


class Floor(Books):
    """Where orders meet the market; it asks nothing of them but what they say."""

    def __init__(self, *, seed: int, clock: Clock, always_open: bool) -> None:
        super().__init__(seed=seed, clock=clock)
        self.always_open = always_open
        self.liquidity: dict[str, Decimal] = {}
        """The most that trades of a symbol in one pass, for each order; absent = all of it."""

    def is_open(self) -> bool:
        """Whether equities and options trade now; coins always do."""
        return self.always_open or in_session(self.clock())

    def trades_now(self, order: Order) -> bool:
        """Whether the market of its instrument is open to it."""
        instrument = self.market.instruments.get(order.ticket.symbol)
        always = instrument is not None and instrument.kind is Kind.CRYPTO
        return always or order.ticket.extended_hours or self.is_open()

    def match(self, account: Account, order: Order) -> None:
        """Let an order trade as far as it can; the legs of a multi-leg one wait for their head."""
        parent = family.parent(account, order)
        if order.ticket.contingency is Contingency.MULTILEG:
            self._match_legs(account, order)
        elif parent is None or parent.ticket.contingency is not Contingency.MULTILEG:
            self._match_one(account, order)

    def _match_one(self, account: Account, order: Order) -> None:
        quote = self.market.quotes[order.ticket.symbol]
        order = matching.watch(order, quote)
        account.write(order)
        price = matching.price(order, quote)
        if price is None or not self.trades_now(order):
            return
        quantity = matching.quantity(
            order,
            self.market.instruments[order.ticket.symbol],
            price,
            self.liquidity.get(order.ticket.symbol),
        )
        whole = quantity == order.leaves or order.ticket.cash_quantity is not None
        if quantity and (whole or order.ticket.time_in_force is not TimeInForce.FILL_OR_KILL):
            self.trade(account, order, quantity, price)

    def _match_legs(self, account: Account, order: Order) -> None:
        """Fill all legs at once if together they cost no more than the limit."""
        legs = family.legs(account, order)
        prices = [matching.touch(self.market.quotes[leg.ticket.symbol], leg.ticket) for leg in legs]
        net = matching.net([leg.ticket for leg in legs], self.market.quotes)
        limit = order.ticket.limit_price
        if order.ticket.type is OrdType.LIMIT and limit is not None and net > limit:
            return
        for leg, price in zip(legs, prices, strict=True):
            self.trade(account, leg, leg.leaves, price)
        self._report(account, order, order.leaves, net)

    def trade(self, account: Account, order: Order, quantity: Decimal, price: Decimal) -> None:
        """Book an execution and do what follows from it for the orders around it."""
        symbol = order.ticket.symbol
        signed = quantity * order.ticket.side.sign
        instrument = self.market.instruments[symbol]
        value = signed * price * instrument.multiplier
        account.post(instrument, signed, value, account.fee(quantity, price))
        execution = self._report(account, order, quantity, price)
        account.executions[execution.id] = execution
        self._free_family(account, account.orders[order.id])

    def _report(
        self, account: Account, order: Order, quantity: Decimal, price: Decimal
    ) -> Execution:
        filled = order.filled + quantity
        total = order.quantity if order.quantity is not None else filled
        execution = Execution(
            id=self.new_id(),
            order_id=order.id,
            account_id=account.id,
            symbol=order.ticket.symbol,
            side=order.ticket.side,
            quantity=quantity,
            price=price,
            commission=account.fee(quantity, price),
            cumulative=filled,
            leaves=total - filled,
            position=account.holding(order.ticket.symbol).quantity,
            at=self.now(),
        )
        status = OrdStatus.FILLED if filled == total else OrdStatus.PARTIALLY_FILLED
        paid = order.paid + quantity * price
        self.note(
            ExecType.TRADE, replace(order, status=status, filled=filled, paid=paid), execution
        )
        return execution

    def _free_family(self, account: Account, order: Order) -> None:
        """After a fill: cancel or shrink its rivals, wake the legs that waited for it."""
        for rival in family.rivals(account, order):
            if rival.id == order.id or not rival.live:
                continue
            if order.status is OrdStatus.FILLED:
                self.end(account, rival.id, OrdStatus.CANCELED)
            else:
                ticket = replace(rival.ticket, quantity=rival.filled + order.leaves)
                self.note(ExecType.RESTATED, replace(rival, ticket=ticket))
        if order.status is OrdStatus.FILLED:
            for leg in family.legs(account, order):
                if leg.status is OrdStatus.SUSPENDED:
                    self.note(ExecType.NEW, replace(leg, status=OrdStatus.NEW))

    def end(self, account: Account, order_id: str, status: OrdStatus, text: str = "") -> None:
        """End an order, if it lives, and with it those that hang on it."""
        order = account.orders[order_id]
        if not order.live:
            return
        self.note(ExecType(status), replace(order, status=status, text=text))
        for other in (*family.rivals(account, order), *family.legs(account, order)):
            self.end(account, other.id, OrdStatus.CANCELED)
