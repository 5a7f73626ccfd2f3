"""Things that a broker might say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from domain.account import AccountReport, AccountStatus, AccountType, AccountValuation, Balance
from domain.events import Snapshot
from domain.facts import OrderReport, Source, Stamp
from domain.holding import Holding, Mark, MarkSource
from domain.instrument import AssetClass, Instrument
from domain.order import ExecType, Execution, OrderSide, OrderStatus, OrderType, Terms, TimeInForce
from tests.clock import START

NUMBER = "PA3TESTNUMBER"
APPLE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
NVIDIA = Instrument(asset_class=AssetClass.EQUITY, symbol="NVDA", currency="USD")
ACCOUNT = AccountReport(
    number=NUMBER,
    type=AccountType.MARGIN,
    raw_type="margin",
    currency="USD",
    status=AccountStatus.OPEN,
    raw_status="ACTIVE",
)


def at(seconds: int) -> datetime:
    """A moment of the tests' day."""
    return START + timedelta(seconds=seconds)


def terms(quantity: str = "10") -> Terms:
    """A market order for the day."""
    return Terms(
        side=OrderSide.BUY,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(quantity),
    )


def fill(id: str, quantity: str, price: str = "100", seconds: int = 0) -> Execution:
    """An execution."""
    return Execution(
        execution_id=id, quantity=Decimal(quantity), price=Decimal(price), at=at(seconds)
    )


def report(
    id: str = "b1",
    seconds: int = 0,
    status: OrderStatus = OrderStatus.NEW,
    *,
    filled: str = "0",
    quantity: str = "10",
    execution: Execution | None = None,
    client: str | None = None,
    source: Source = Source.STREAM,
    exec_type: ExecType | None = None,
    replaces: str | None = None,
    replaced_by: str | None = None,
    busted: tuple[str, ...] = (),
    instrument: Instrument = APPLE,
    number: str = NUMBER,
    average: str | None = None,
) -> OrderReport:
    """An order as its broker might describe it."""
    return OrderReport(
        account=number,
        broker_order_id=id,
        client_order_id=client,
        instrument=instrument,
        terms=terms(quantity),
        status=status,
        raw_status=status.value.lower(),
        stamp=Stamp(time=at(seconds), source=source, arrival=at(seconds)),
        filled_quantity=Decimal(filled),
        average_price=None if average is None else Decimal(average),
        execution=execution,
        exec_type=exec_type,
        replaces=replaces,
        replaced_by=replaced_by,
        busted=busted,
    )


def holding(instrument: Instrument = APPLE, quantity: str = "10") -> Holding:
    """So much of it."""
    return Holding(instrument=instrument, quantity=Decimal(quantity), currency="USD")


def mark(instrument: Instrument = APPLE, price: str = "101.5") -> Mark:
    """A price."""
    return Mark(
        instrument_id=instrument.id,
        price=Decimal(price),
        currency="USD",
        as_of=START,
        source=MarkSource.SNAPSHOT,
    )


def snapshot(
    seconds: int = 0,
    *,
    holdings: Sequence[Holding] = (),
    orders: Sequence[OrderReport] = (),
    cash: str = "1000",
    marks: Sequence[Mark] = (),
    account: AccountReport = ACCOUNT,
) -> Snapshot:
    """All of an account, looked at from that moment on."""
    return Snapshot(
        account=account,
        started_at=at(seconds),
        balances=(Balance(currency="USD", cash=Decimal(cash)),),
        valuation=AccountValuation(currency="USD", as_of=at(seconds), equity=Decimal(cash)),
        holdings=tuple(holdings),
        orders=tuple(orders),
        marks=tuple(marks),
    )
