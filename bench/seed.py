"""Users with a portfolio each, as the product keeps them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache

from app.house import House
from app.stores import Stores
from bench.peers.control import Scale
from bench.workload import AVERAGE_COST, CURRENCY, PREVIOUS_CLOSE, quantity, symbol, user_name
from domain.access import Role, Scope
from domain.account import (
    AccountReport,
    AccountStatus,
    AccountType,
    AccountValuation,
    Balance,
    Environment,
)
from domain.connection import ConnectionState, Health, Permission, Reach
from domain.events import Snapshot
from domain.holding import CostSource, Holding, Mark, MarkSource
from domain.ids import ConnectionId, UserId
from domain.instrument import AssetClass, Instrument
from sandbox import PAPER_KEY, PAPER_SECRET

CASH = Decimal("100000.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A user, the connection that prices the holdings, and what a client presents."""

    user: UserId
    connection: ConnectionId
    account: str
    token: str


@cache
def instrument(index: int) -> Instrument:
    """The instrument at this place in everybody's portfolio."""
    return Instrument(asset_class=AssetClass.EQUITY, symbol=symbol(index), currency=CURRENCY)


def mark(index: int, price: Decimal, as_of: datetime) -> Mark:
    """A price of it."""
    return Mark(
        instrument_id=instrument(index).id,
        price=price,
        currency=CURRENCY,
        as_of=as_of,
        source=MarkSource.STREAM,
        previous_close=PREVIOUS_CLOSE,
    )


async def owners(house: House, size: Scale) -> list[Owner]:
    """Every user, each with one account full of positions."""
    return [await _owner(house, index, size.positions) for index in range(size.users)]


async def linked(house: House) -> Owner:
    """One user with a connection to the sandbox, whose keys are known to everybody."""
    stores = house.stores
    user = await stores.users.create(user_name(0), None, Role.USER)
    token = await _token(stores, user.id)
    begun = await house.services.connect.begin(
        user.id,
        broker="alpaca",
        environment=Environment.PAPER,
        label="Sandbox",
        permission=Permission.READ,
        persist=True,
        signed_in_at=None,
    )
    keys = {"key_id": PAPER_KEY, "secret": PAPER_SECRET}
    connection = await house.services.connect.complete(user.id, begun.connection.id, keys)
    return Owner(user=user.id, connection=connection.id, account="", token=token)


async def _token(stores: Stores, user: UserId) -> str:
    """One that reads, as fast as it likes."""
    scopes = [Scope.READ]
    _, token = await stores.tokens.issue(user, name="bench", scopes=scopes, unlimited_rate=True)
    return token


async def _owner(house: House, index: int, positions: int) -> Owner:
    stores, now = house.stores, house.services.clock.now()
    user = await stores.users.create(user_name(index), None, Role.USER)
    token = await _token(stores, user.id)
    connection = await stores.connections.create(
        user.id,
        broker="alpaca",
        environment=Environment.PAPER,
        label="Bench",
        permission=Permission.READ,
        credentials=None,
    )
    account = f"BENCH{index:06d}"
    await stores.ledger.record(user.id, connection.id, _snapshot(account, positions, now))
    health = Health(state=ConnectionState.ACTIVE, reach=Reach.READABLE, since=now)
    await stores.connections.set_health(user.id, connection.id, health)
    return Owner(user=user.id, connection=connection.id, account=account, token=token)


def _snapshot(account: str, positions: int, now: datetime) -> Snapshot:
    return Snapshot(
        account=AccountReport(
            number=account,
            type=AccountType.MARGIN,
            raw_type="margin",
            currency=CURRENCY,
            status=AccountStatus.OPEN,
            raw_status="ACTIVE",
        ),
        started_at=now,
        balances=(Balance(currency=CURRENCY, cash=CASH),),
        valuation=AccountValuation(currency=CURRENCY, as_of=now, equity=CASH),
        holdings=tuple(_holding(index) for index in range(positions)),
        orders=(),
        marks=tuple(mark(index, Decimal(100), now) for index in range(positions)),
    )


def _holding(index: int) -> Holding:
    held = quantity(index)
    return Holding(
        instrument=instrument(index),
        quantity=held,
        currency=CURRENCY,
        average_cost=AVERAGE_COST,
        cost_basis=held * AVERAGE_COST,
        cost_source=CostSource.BROKER,
        available=held,
    )
