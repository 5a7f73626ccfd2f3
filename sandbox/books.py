"""All accounts with their orders, and the log of everything that happened to them."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sandbox.account import Account, Movement, MovementKind
from sandbox.clock import CLOSES, Clock, next_time
from sandbox.instruments import INSTRUMENTS, Kind
from sandbox.market import Market
from sandbox.orders import (
    ENDED,
    Contingency,
    Event,
    ExecType,
    Execution,
    Order,
    OrdStatus,
    Ticket,
    TimeInForce,
)
from sandbox.rules import Reason, Rejected
from sandbox.world import WORLD


class Books:
    """What is known: accounts, the market, and `events`, which say how it came about."""

    def __init__(self, *, seed: int, clock: Clock) -> None:
        self.clock = clock
        self._last = clock()
        self._ids = random.Random(f"{seed}:ids")
        self.market = Market(INSTRUMENTS, seed, self._last, WORLD)
        self.accounts: dict[str, Account] = {}
        self.events: list[Event] = []
        self.listeners: list[Callable[[Event], None]] = []

    def time(self) -> datetime:
        """The clock's time."""
        return self.clock()

    def now(self) -> datetime:
        """The clock's time, but always later than the last time it was asked."""
        self._last = max(self.clock(), self._last + timedelta(microseconds=1))
        return self._last

    def new_id(self) -> str:
        """A UUID out of the seed."""
        return str(UUID(int=self._ids.getrandbits(128), version=4))

    def open_account(
        self, *, cash: Decimal = Decimal(100_000), margin: Decimal = Decimal(2)
    ) -> Account:
        """Open an account with a deposit of `cash` USD; `margin` 1 is a cash account."""
        number = f"{self._ids.randint(100_000_000, 999_999_999)}"
        account = Account(id=self.new_id(), number=number, opened=self.now(), margin=margin)
        self.accounts[account.id] = account
        if cash:
            self.move_cash(account, MovementKind.DEPOSIT, cash)
        account.previous_equity = cash
        return account

    def move_cash(
        self,
        account: Account,
        kind: MovementKind,
        amount: Decimal,
        *,
        symbol: str | None = None,
        quantity: Decimal | None = None,
    ) -> Movement:
        """Book a deposit, dividend, fee ...; `amount` in USD, signed."""
        movement = Movement(
            id=self.new_id(),
            kind=kind,
            amount=amount,
            at=self.now(),
            symbol=symbol,
            quantity=quantity,
        )
        account.cash += amount
        account.movements.append(movement)
        return movement

    def order(self, account: Account, order_id: str) -> Order:
        """The order as it stands, or `Rejected` with UNKNOWN_ORDER."""
        if order_id not in account.orders:
            raise Rejected(Reason.UNKNOWN_ORDER, f"order {order_id} not found", order=order_id)
        return account.orders[order_id]

    def draft(self, account: Account, ticket: Ticket) -> Order:
        """An order that is in no book yet."""
        at = self.now()
        instrument = self.market.instruments.get(ticket.symbol)
        crypto = instrument is not None and instrument.kind is Kind.CRYPTO
        day = ticket.time_in_force is TimeInForce.DAY and not crypto
        return Order(
            id=self.new_id(),
            account_id=account.id,
            client_id=ticket.client_id or self.new_id(),
            ticket=ticket,
            status=OrdStatus.PENDING_NEW,
            created=at,
            updated=at,
            expires=next_time(at, CLOSES) if day else ticket.expires,
            stop_price=ticket.stop_price,
        )

    def enter(self, account: Account, order: Order) -> None:
        """Write a new order to its book."""
        account.write(order)
        account.client_ids.add(order.client_id)

    def enter_leg(self, account: Account, parent_id: str, ticket: Ticket) -> None:
        """Write a leg to the book; it waits where its parent has to fill first."""
        parent = account.orders[parent_id]
        leg = replace(self.draft(account, ticket), parent_id=parent_id)
        if parent.ticket.contingency in {Contingency.OTO, Contingency.OTOCO}:
            leg = replace(leg, status=OrdStatus.SUSPENDED)
        self.enter(account, leg)
        account.write(replace(parent, leg_ids=(*parent.leg_ids, leg.id)))

    def note(self, type: ExecType, order: Order, execution: Execution | None = None) -> Order:
        """Write the order as it now stands to its book, log it and tell the listeners."""
        at = self.now()
        order = replace(order, updated=at, ended=_ended(order, at))
        self.accounts[order.account_id].write(order)
        event = Event(
            sequence=len(self.events) + 1, at=at, type=type, order=order, execution=execution
        )
        self.events.append(event)
        for listener in self.listeners:
            listener(event)
        return order


def _ended(order: Order, at: datetime) -> datetime | None:
    """When it came to its end, which news of it afterwards does not move."""
    return (order.ended or at) if order.status in ENDED else None
