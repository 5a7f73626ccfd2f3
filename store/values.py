"""Rows as domain values."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from domain.account import Account, AccountValuation, Balance
from domain.changes import HoldingChange
from domain.connection import Connection
from domain.holding import Holding, Mark
from domain.ids import AccountId, ConnectionId, InstrumentId
from domain.order import Order
from store.codec import decode
from store.models import AccountRow, ConnectionRow, HoldingRow, MarkRow, OrderRow
from store.statements import moment


def connection_of(row: ConnectionRow) -> Connection:
    """The connection in a row."""
    return connection_in(row.value)


@lru_cache(maxsize=1_000)
def connection_in(text: str) -> Connection:
    """Equal text is an equal connection; most are as they were at the last event."""
    return decode(Connection, text)


def account_row(row: Mapping[str, Any]) -> AccountRow:
    """Its time is read here, as Tortoise takes many times as long to read it."""
    observed = row["observed_at"]
    values = {**row, "observed_at": None if observed is None else moment(observed)}
    # Tortoise offers no public way to make a row of what was read.
    return AccountRow._init_from_db(**values)  # noqa: SLF001


def account_of(row: AccountRow) -> Account:
    """The account in a row; which connection owns it is the row's to say."""
    return replace(decode(Account, row.value), connection_id=ConnectionId(row.connection_id))


def order_of(row: OrderRow) -> Order:
    """The order in a row; which connection owns it is the row's to say."""
    return replace(decode(Order, row.value), connection_id=ConnectionId(row.connection_id))


def holding_of(row: HoldingRow) -> HoldingChange:
    """The holding in a row, with its account."""
    return HoldingChange(account_id=AccountId(row.account_id), holding=decode(Holding, row.value))


def balances_of(rows: Iterable[AccountRow]) -> dict[AccountId, tuple[Balance, ...]]:
    """By account; one whose balances are not known yet is left out."""
    return {
        AccountId(row.id): decode(tuple[Balance, ...], row.balances) for row in rows if row.balances
    }


def valuations_of(rows: Iterable[AccountRow]) -> dict[AccountId, AccountValuation]:
    """By account; one whose worth is not known yet is left out."""
    return {
        AccountId(row.id): decode(AccountValuation, row.valuation) for row in rows if row.valuation
    }


def marks_of(rows: Iterable[MarkRow]) -> dict[ConnectionId, dict[InstrumentId, Mark]]:
    """By connection and instrument."""
    marks: dict[ConnectionId, dict[InstrumentId, Mark]] = {}
    for row in rows:
        mark = decode(Mark, row.value)
        marks.setdefault(ConnectionId(row.connection_id), {})[mark.instrument_id] = mark
    return marks
