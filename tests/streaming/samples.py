"""Values to stream."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.account import (
    AccountReport,
    AccountStatus,
    AccountType,
    AccountValuation,
    Balance,
)
from domain.events import Snapshot
from domain.facts import OrderReport, Source, Stamp
from domain.holding import Holding, Mark, MarkSource
from domain.instrument import AssetClass, Instrument
from domain.order import Execution, OrderSide, OrderStatus, OrderType, Terms, TimeInForce
from tests.clock import START

NUMBER = "PA3SAMPLE"
AAPL = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
MSFT = Instrument(asset_class=AssetClass.EQUITY, symbol="MSFT", currency="USD")
BUY_TEN = Terms(
    side=OrderSide.BUY,
    type=OrderType.MARKET,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(10),
)


def account(number: str = NUMBER) -> AccountReport:
    """An open margin account."""
    return AccountReport(
        number=number,
        type=AccountType.MARGIN,
        raw_type="margin",
        currency="USD",
        status=AccountStatus.OPEN,
        raw_status="ACTIVE",
    )


def holding(quantity: int | str, instrument: Instrument = AAPL) -> Holding:
    """Bought at 100 each."""
    units = Decimal(quantity)
    return Holding(
        instrument=instrument,
        quantity=units,
        currency="USD",
        average_cost=Decimal(100),
        cost_basis=units * 100,
    )


def mark(
    price: int | str,
    instrument: Instrument = AAPL,
    *,
    at: datetime = START,
    source: MarkSource = MarkSource.STREAM,
    previous_close: Decimal | None = None,
) -> Mark:
    """A price in dollars."""
    return Mark(
        instrument_id=instrument.id,
        price=Decimal(price),
        currency="USD",
        as_of=at,
        source=source,
        previous_close=previous_close,
    )


def snapshot(
    *holdings: Holding,
    at: datetime = START,
    cash: int | str = 1_000,
    orders: tuple[OrderReport, ...] = (),
    marks: tuple[Mark, ...] = (),
    number: str = NUMBER,
) -> Snapshot:
    """What an account looked like at a moment."""
    return Snapshot(
        account=account(number),
        started_at=at,
        balances=(Balance(currency="USD", cash=Decimal(cash)),),
        valuation=AccountValuation(currency="USD", as_of=at, equity=Decimal(cash)),
        holdings=holdings,
        orders=orders,
        marks=marks,
    )


def order(
    key: str,
    status: OrderStatus = OrderStatus.NEW,
    *,
    at: datetime = START,
    filled: int | str = 0,
    execution: Execution | None = None,
    **more: Any,
) -> OrderReport:
    """An order to buy ten, as the stream tells it."""
    return OrderReport(
        account=NUMBER,
        broker_order_id=key,
        client_order_id=None,
        instrument=AAPL,
        terms=BUY_TEN,
        status=status,
        raw_status=status.lower(),
        stamp=Stamp(time=at, source=Source.STREAM, arrival=at),
        filled_quantity=Decimal(filled),
        execution=execution,
        **more,
    )


def fill(key: str, part: int, *, at: datetime = START) -> OrderReport:
    """One unit more of an order for ten; the tenth fills it."""
    moment = at + timedelta(milliseconds=part)
    execution = Execution(
        execution_id=f"{key}-{part}", quantity=Decimal(1), price=Decimal(100), at=moment
    )
    status = OrderStatus.FILLED if part == 10 else OrderStatus.PARTIALLY_FILLED
    return order(key, status, at=moment, filled=part, execution=execution)
