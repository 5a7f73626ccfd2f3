"""What brokers say, as every adapter says it: the only things that `Ledger.record` takes."""

from dataclasses import dataclass
from datetime import datetime

from domain.account import AccountReport, AccountValuation, Balance
from domain.equity import EquityTold
from domain.facts import OrderReport
from domain.holding import Holding, Mark
from domain.transaction import TransactionsRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One observation of an account: all holdings and balances, open and recent orders.

    `started_at` is when the first request of it left: it says nothing of what changed since.
    A holding that is missing is gone; an order that is missing is a question. `settled` are listed
    too, but were recorded before just as they are.
    """

    account: AccountReport
    started_at: datetime
    balances: tuple[Balance, ...]
    valuation: AccountValuation
    holdings: tuple[Holding, ...]
    orders: tuple[OrderReport, ...]
    marks: tuple[Mark, ...] = ()
    settled: tuple[OrderReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The stream is up: subscribed, or heard from."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stirred:
    """Holdings or cash moved beside any order: a snapshot will tell how."""

    at: datetime


Event = OrderReport | Snapshot | TransactionsRead | EquityTold
StreamEvent = OrderReport | Alive | Stirred
