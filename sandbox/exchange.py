"""A deterministic matching exchange: the same seed and the same calls give the same books."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox import family, rules, valuation
from sandbox.account import Account
from sandbox.clock import NEW_YORK, Clock, wall_clock
from sandbox.floor import Floor
from sandbox.orders import (
    WORKING,
    Contingency,
    ExecType,
    Order,
    OrdStatus,
    Ticket,
    TimeInForce,
)
from sandbox.rules import Reason, Rejected

_AUCTIONS = frozenset({TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE})
_AT_ONCE = frozenset({TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL})


class Exchange(Floor):
    """One market and the orders on it. What is asked is booked at once; `work` carries it out.

    `submit`, `replace` and `cancel` only accept (PENDING_...), so that a server can answer before
    or after the outcome. `tick` moves the prices by one step and matches all that is open.
    """

    def __init__(
        self, *, seed: int = 0, clock: Clock = wall_clock, always_open: bool = True
    ) -> None:
        super().__init__(seed=seed, clock=clock, always_open=always_open)
        self.price_listeners: list[Callable[[], None]] = []
        self.refuse_replacements = 0
        """How many of the next replacements fail after they were accepted."""
        self.refuse_cancels = 0
        """How many of the next cancels fail after they were accepted."""
        self._day = self.clock().astimezone(NEW_YORK).date()

    # What a client asks

    def submit(self, account: Account, ticket: Ticket) -> Order:
        """Accept an order and its legs, or raise `Rejected`."""
        order = self.draft(account, ticket)
        rules.check(account, self.market, order)
        self.enter(account, order)
        for leg in ticket.legs:
            self.enter_leg(account, order.id, leg)
        return self.note(ExecType.PENDING_NEW, account.orders[order.id])

    def replace(
        self, account: Account, order_id: str, *, client_id: str = "", **terms: Any
    ) -> Order:
        """Ask for other terms under a new order id, which starts unfilled; returns the new order.

        `terms` are fields of a ticket. A quantity is that of the whole order: what has filled
        already is taken off it.
        """
        old = self.order(account, order_id)
        if old.status not in WORKING:
            raise Rejected(Reason.TOO_LATE, f"order is {old.status.lower()}", order=order_id)
        draft = self.draft(account, _revised(old, client_id, terms))
        new = replace(draft, replaces=old.id, parent_id=old.parent_id)
        rules.check(account, self.market, new, ignoring=old.id)
        self.enter(account, new)
        asked = replace(old, status=OrdStatus.PENDING_REPLACE, replaced_by=new.id)
        self.note(ExecType.PENDING_REPLACE, asked)
        return self.note(ExecType.PENDING_NEW, new)

    def amend(self, account: Account, order_id: str, **terms: Any) -> Order:
        """Ask for other terms under the same order id, which keeps what has filled of it.

        One that does not work yet has them at once.
        """
        order = self.order(account, order_id)
        waiting = order.status in {OrdStatus.PENDING_NEW, OrdStatus.SUSPENDED}
        if order.status not in WORKING and not waiting:
            raise Rejected(Reason.TOO_LATE, f"order is {order.status.lower()}", order=order_id)
        ticket = replace(order.ticket, **terms)
        if ticket.quantity is not None and ticket.quantity <= order.filled:
            raise Rejected(Reason.INVALID, "qty must be more than what has filled")
        # Its client id is known, being its own.
        asked = replace(order, ticket=ticket, client_id="")
        rules.check(account, self.market, asked, ignoring=order.id)
        if waiting:
            changed = replace(order, ticket=ticket, stop_price=ticket.stop_price)
            return self.note(ExecType.REPLACED, changed)
        pending = replace(order, status=OrdStatus.PENDING_REPLACE, amended=ticket)
        return self.note(ExecType.PENDING_REPLACE, pending)

    def attach(self, account: Account, parent_id: str, ticket: Ticket) -> Order:
        """Hang an order on a live one: it waits for that to fill, and rivals what else hangs there.

        Raises `Rejected`.
        """
        parent = self.order(account, parent_id)
        rules.check_leg(account, self.market, self.draft(account, ticket))
        contingency = Contingency.OTOCO if parent.leg_ids else Contingency.OTO
        changed = replace(parent.ticket, contingency=contingency)
        account.write(replace(parent, ticket=changed))
        self.enter_leg(account, parent_id, ticket)
        leg_id = account.orders[parent_id].leg_ids[-1]
        return self.note(ExecType.SUSPENDED, account.orders[leg_id])

    def cancel(self, account: Account, order_id: str) -> Order:
        """Ask for an order to be cancelled."""
        order = self.order(account, order_id)
        if order.status not in WORKING | {OrdStatus.PENDING_NEW, OrdStatus.SUSPENDED}:
            raise Rejected(Reason.TOO_LATE, f"order is {order.status.lower()}", order=order_id)
        asked = replace(order, status=OrdStatus.PENDING_CANCEL, cancel_requested=self.now())
        return self.note(ExecType.PENDING_CANCEL, asked)

    # What makes time pass

    def tick(self) -> None:
        """Move the prices by one step, match all, and do what was asked for."""
        at = self.now()
        self._turn_day(at)
        self.market.step(at)
        self._prices_moved(at)

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Let `symbol` trade at `price`, in USD a unit, and match all."""
        at = self.now()
        self.market.set(symbol, price, at)
        self._prices_moved(at)

    def work(self) -> None:
        """Do all that was asked for: open and match what is new, cancel, expire what is due."""
        self._pass(moved=False)

    def auction(self, kind: TimeInForce) -> None:
        """Hold the opening or the closing auction: fill its orders, cancel what is left."""
        for account in self.accounts.values():
            for order in [one for one in account.live_orders() if one.status in WORKING]:
                if order.ticket.time_in_force is kind:
                    self.match(account, order)
                    self.end(account, order.id, OrdStatus.CANCELED)

    def _turn_day(self, at: datetime) -> None:
        day = at.astimezone(NEW_YORK).date()
        if day == self._day:
            return
        self._day = day
        for account in self.accounts.values():
            account.previous_equity = valuation.value(account, self.market).equity
        self.market.next_day(at)

    def _pass(self, *, moved: bool) -> None:
        for account in self.accounts.values():
            for order_id in [one.id for one in account.live_orders()]:
                self._advance(account, account.orders[order_id], moved=moved)

    def _prices_moved(self, at: datetime) -> None:
        self._pass(moved=True)
        for account in self.accounts.values():
            account.note_equity(at, valuation.value(account, self.market).equity)
        for listener in self.price_listeners:
            listener()

    # How an order comes to its end

    def _advance(self, account: Account, order: Order, *, moved: bool) -> None:
        """An order meets the market when it arrives and whenever prices moved."""
        if order.status is OrdStatus.PENDING_CANCEL:
            return self._cancel(account, order)
        if order.status is OrdStatus.PENDING_REPLACE and order.amended is not None:
            order, moved = self._amend(order, order.amended), True
        if order.status is OrdStatus.PENDING_NEW and self.trades_now(order):
            order, moved = self._open(account, order), True
        if order.live and order.expires is not None and order.expires <= self.clock():
            return self.end(account, order.id, OrdStatus.EXPIRED)
        if moved and order.status in WORKING and order.ticket.time_in_force not in _AUCTIONS:
            self.match(account, order)
            if order.ticket.time_in_force in _AT_ONCE:
                self.end(account, order.id, OrdStatus.CANCELED)
        return None

    def _cancel(self, account: Account, order: Order) -> None:
        if self.refuse_cancels > 0:
            self.refuse_cancels -= 1
            working = replace(order, status=_working_status(order), cancel_requested=None)
            self.note(ExecType.CANCEL_REJECTED, working)
        else:
            self.end(account, order.id, OrdStatus.CANCELED)

    def _amend(self, order: Order, ticket: Ticket) -> Order:
        working = replace(order, status=_working_status(order), amended=None)
        if self.refuse_replacements > 0:
            self.refuse_replacements -= 1
            return self.note(ExecType.REPLACE_REJECTED, working)
        amended = replace(working, ticket=ticket, stop_price=ticket.stop_price)
        return self.note(ExecType.REPLACED, amended)

    def _open(self, account: Account, order: Order) -> Order:
        if order.replaces is not None and not self._supersede(account, order):
            return account.orders[order.id]
        order = self.note(ExecType.NEW, replace(account.orders[order.id], status=OrdStatus.NEW))
        for leg in family.legs(account, order):
            if leg.status is OrdStatus.SUSPENDED:
                self.note(ExecType.SUSPENDED, leg)
        return order

    def _supersede(self, account: Account, new: Order) -> bool:
        """Put `new` in the place of the order that it replaces; False if that came to nothing."""
        old = account.orders[new.replaces or ""]
        refused = self.refuse_replacements > 0
        if refused or old.status is not OrdStatus.PENDING_REPLACE:
            self.refuse_replacements -= refused
            status = old.status if not old.live else _working_status(old)
            self.note(ExecType.REPLACE_REJECTED, replace(old, status=status, replaced_by=None))
            self.note(ExecType.REJECTED, replace(new, status=OrdStatus.REJECTED))
            return False
        account.write(replace(new, leg_ids=old.leg_ids))
        for leg in family.legs(account, old):
            account.write(replace(leg, parent_id=new.id))
        if old.parent_id is not None:
            parent = account.orders[old.parent_id]
            ids = tuple(new.id if one == old.id else one for one in parent.leg_ids)
            account.write(replace(parent, leg_ids=ids))
        self.note(ExecType.REPLACED, replace(old, status=OrdStatus.REPLACED, leg_ids=()))
        return True


def _working_status(order: Order) -> OrdStatus:
    return OrdStatus.PARTIALLY_FILLED if order.filled else OrdStatus.NEW


def _revised(old: Order, client_id: str, terms: dict[str, Any]) -> Ticket:
    """The ticket with other terms, for what has not filled yet."""
    ticket = replace(old.ticket, client_id=client_id, legs=(), **terms)
    if ticket.quantity is None:
        return ticket
    return replace(ticket, quantity=ticket.quantity - old.filled)
