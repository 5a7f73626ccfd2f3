"""Our side of what a witness is compared with: a fresh reading, as the store then has it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from brokers.contract import Broker
from domain.account import Account, Balance
from domain.changes import HoldingChange
from domain.clock import Clock
from domain.connection import Connection
from domain.errors import ErrorCode, OrderNotFound, Problem
from domain.holding import Holding, Mark
from domain.ids import AccountId, UserId
from domain.instrument import AssetClass, Instrument
from domain.order import Order
from domain.witness import PRICE, Sighting, Subject
from store.connections import Connections
from store.ledger import Ledger
from store.reads import Reads

_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store has of a connection's accounts, all of it asked for from `as_of` on."""

    as_of: datetime
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reads a connection's accounts anew into the ledger, and out of the store again."""

    clock: Clock
    connections: Connections
    ledger: Ledger
    reads: Reads

    async def fresh(self, connection: Connection, broker: Broker) -> Kept:
        """As the store has it after a snapshot of each account.

        Raises BrokerError, and Problem(CONFLICT) if another connection keeps one of the accounts.
        """
        as_of = self.clock.now()
        reports = await broker.accounts()
        accounts = await self.connections.link(connection.user_id, connection.id, reports)
        _owned(connection, accounts)
        for report in reports:
            await self._record(connection, broker, report.number)
        return Kept(as_of=as_of, sightings=await self._kept(connection, accounts))

    async def _record(self, connection: Connection, broker: Broker, number: str) -> None:
        """A snapshot, and each order that it should have listed."""
        user, snapshot = connection.user_id, await broker.snapshot(number)
        recorded = await self.ledger.record(user, connection.id, snapshot)
        for missing in recorded.missing:
            try:
                report = await broker.order(number, missing)
            except OrderNotFound:
                continue  # It stays open here, and so is told as a difference.
            await self.ledger.record(user, connection.id, report)

    async def _kept(
        self, connection: Connection, accounts: Sequence[Account]
    ) -> tuple[Sighting, ...]:
        user, masked = connection.user_id, {one.id: one.masked_number for one in accounts}
        marks = (await self.reads.marks(user)).get(connection.id, {})
        found = [_account(one) for one in accounts]
        for account, balances in (await self.reads.balances(user, list(masked))).items():
            found += [_balance(masked[account], balance) for balance in balances]
        async for change in self._holdings(user, list(masked)):
            mark = marks.get(change.holding.instrument.id)
            found.append(_position(masked[change.account_id], change.holding, mark))
        async for order in self._open_orders(user, list(masked)):
            found.append(_order(masked[order.account_id], order))
        return tuple(found)

    async def _holdings(
        self, user: UserId, accounts: Sequence[AccountId]
    ) -> AsyncIterator[HoldingChange]:
        after: str | None = None
        while True:
            page = await self.reads.holdings(user, accounts=accounts, first=_PAGE, after=after)
            for change in page.items:
                yield change
            if not page.has_next:
                return
            after = page.cursors[-1]

    async def _open_orders(
        self, user: UserId, accounts: Sequence[AccountId]
    ) -> AsyncIterator[Order]:
        after: str | None = None
        while True:
            page = await self.reads.orders(
                user, accounts=accounts, open_only=True, first=_PAGE, after=after
            )
            for order in page.items:
                yield order
            if not page.has_next:
                return
            after = page.cursors[-1]


def _owned(connection: Connection, accounts: Sequence[Account]) -> None:
    """What another connection keeps is not read by this one; two that look alike cannot be told."""
    for account in accounts:
        if account.connection_id != connection.id:
            raise Problem(
                ErrorCode.CONFLICT,
                f"The account {account.masked_number} is kept by the connection "
                f"{account.connection_id}: run the witness for that one.",
            )
    if len({account.masked_number for account in accounts}) < len(accounts):
        raise Problem(ErrorCode.CONFLICT, "Two accounts of this connection end alike.")


def _account(account: Account) -> Sighting:
    number = account.masked_number
    return Sighting(
        subject=Subject.ACCOUNT, account=number, key=number, said={"currency": account.currency}
    )


def _balance(number: str, balance: Balance) -> Sighting:
    return Sighting(
        subject=Subject.BALANCE, account=number, key=balance.currency, said={"cash": balance.cash}
    )


def _position(number: str, holding: Holding, mark: Mark | None) -> Sighting:
    """A fund is told apart from a share by some brokers only."""
    kind, symbol = holding.instrument.asset_class, _unpadded(holding.instrument)
    plain = AssetClass.EQUITY if kind is AssetClass.ETF else kind
    return Sighting(
        subject=Subject.POSITION,
        account=number,
        key=f"{plain} {symbol}",
        said={
            "quantity": holding.quantity,
            "average_cost": holding.average_cost,
            PRICE: None if mark is None else mark.price,
        },
    )


def _order(number: str, order: Order) -> Sighting:
    terms = order.terms
    return Sighting(
        subject=Subject.ORDER,
        account=number,
        key=order.broker_order_id,
        said={
            "symbol": _unpadded(order.instrument),
            "side": terms.side.value,
            "leaves_quantity": order.leaves_quantity,
            "notional": terms.notional,
            "limit_price": terms.limit_price,
            "stop_price": terms.stop_price,
            "trail_amount": terms.trail_amount,
            "trail_percent": terms.trail_percent,
        },
        since=order.submitted_at,
    )


def _unpadded(instrument: Instrument) -> str:
    return instrument.symbol.replace(" ", "")
