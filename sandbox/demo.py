"""A month of a small investor's life, played through the exchange so that it adds up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.account import Account, MovementKind
from sandbox.clock import Clock, ManualClock, is_session_day
from sandbox.exchange import Exchange
from sandbox.instruments import Kind
from sandbox.orders import OrdType, Side, Ticket, TimeInForce

DAYS = 30
_STEPS_A_DAY = 30
_TRADED = (
    (1, "AAPL", Side.BUY, "40"),
    (2, "SPY", Side.BUY, "12.75"),
    (3, "TSLA", Side.SELL, "10"),
    (4, "SAP.IBIS", Side.BUY, "25"),
    (5, "AAPL271217C00270000", Side.BUY, "2"),
    (6, "BTC/USD", Side.BUY, "0.12345678"),
    (7, "VOD.LSE", Side.BUY, "2000"),
    (8, "ETH/USD", Side.BUY, "1.5"),
    (9, "MESH7", Side.BUY, "1"),
    (10, "NVDA", Side.BUY, "60"),
    (13, "AAPL", Side.SELL, "10"),
    (16, "NVDA", Side.BUY, "15"),
)
_DIVIDEND_DAY = 15
_RESTING = (
    ("MSFT", Side.BUY, "5", OrdType.LIMIT, "0.90"),
    ("AAPL", Side.SELL, "10", OrdType.LIMIT, "1.15"),
    ("SPY", Side.SELL, "5", OrdType.STOP, "0.88"),
    ("BTC/USD", Side.BUY, "0.01", OrdType.LIMIT, "0.85"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Investor:
    """An account, and what its broker lists."""

    account: Account
    kinds: frozenset[Kind]


def seed_demo(exchange: Exchange, investors: Sequence[Investor], clock: Clock) -> None:
    """Play the last `DAYS` days, then hand the exchange over to `clock`.

    The exchange and its accounts have to have been opened at `beginning(clock)`.
    """
    now = clock()
    replay = ManualClock(beginning(clock))
    exchange.clock = replay
    for index, moment in enumerate(_session_days(replay.now, now), 1):
        replay.now = moment
        for _ in range(_STEPS_A_DAY):
            exchange.tick()
        for investor in investors:
            _trade(exchange, investor, index)
    exchange.clock = clock
    for investor in investors:
        _rest(exchange, investor)
    exchange.tick()


def beginning(clock: Clock) -> datetime:
    """When the demo's accounts were opened."""
    return clock() - timedelta(days=DAYS)


def _session_days(first: datetime, last: datetime) -> Iterator[datetime]:
    moment = first + timedelta(days=1)
    while moment < last:
        if is_session_day(moment):
            yield moment
        moment += timedelta(days=1)


def _trade(exchange: Exchange, investor: Investor, day: int) -> None:
    account = investor.account
    for traded_on, symbol, side, quantity in _TRADED:
        if traded_on == day and _may(exchange, investor, symbol, side):
            exchange.submit(account, _ticket(symbol, side, Decimal(quantity)))
            exchange.work()
    held = account.holding("SPY").quantity
    if day == _DIVIDEND_DAY and held:
        paid = round(held * Decimal("1.83"), 2)
        exchange.move_cash(account, MovementKind.DIVIDEND, paid, symbol="SPY", quantity=held)


def _rest(exchange: Exchange, investor: Investor) -> None:
    """Orders far from the market, that stay open."""
    for symbol, side, quantity, kind, factor in _RESTING:
        if not _may(exchange, investor, symbol, side):
            continue
        step = Decimal("0.01")
        price = (exchange.market.quotes[symbol].last * Decimal(factor)).quantize(step)
        name = "stop_price" if kind is OrdType.STOP else "limit_price"
        exchange.submit(
            investor.account,
            _ticket(
                symbol,
                side,
                Decimal(quantity),
                type=kind,
                time_in_force=TimeInForce.GOOD_TILL_CANCEL,
                **{name: price},
            ),
        )


def _may(exchange: Exchange, investor: Investor, symbol: str, side: Side) -> bool:
    """Its broker lists it, and without margin only what is held is sold."""
    held = investor.account.holding(symbol).quantity
    shorts = side is Side.SELL and not held and investor.account.margin == 1
    return exchange.market.instruments[symbol].kind in investor.kinds and not shorts


def _ticket(symbol: str, side: Side, quantity: Decimal, **terms: object) -> Ticket:
    crypto = "/" in symbol
    usual = TimeInForce.GOOD_TILL_CANCEL if crypto else TimeInForce.DAY
    fields: dict[str, object] = {"time_in_force": usual} | terms
    return Ticket(symbol=symbol, side=side, quantity=quantity, **fields)  # type: ignore[arg-type]  # by name, from the tables above
