"""A month of a small investor's life, played through the exchange so that it adds up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.account import Account, MovementKind
from sandbox.clock import Clock, ManualClock, is_session_day
from sandbox.exchange import Exchange
from sandbox.orders import OrdType, Side, Ticket, TimeInForce

DAYS = 30
_STEPS_A_DAY = 30
_BOUGHT = {
    1: ("AAPL", Side.BUY, "40"),
    2: ("SPY", Side.BUY, "12.75"),
    3: ("TSLA", Side.SELL, "10"),
    5: ("AAPL271217C00270000", Side.BUY, "2"),
    6: ("BTC/USD", Side.BUY, "0.12345678"),
    8: ("ETH/USD", Side.BUY, "1.5"),
    10: ("NVDA", Side.BUY, "60"),
    13: ("AAPL", Side.SELL, "10"),
    16: ("NVDA", Side.BUY, "15"),
}
_RESTING = (
    ("MSFT", Side.BUY, "5", OrdType.LIMIT, "0.90"),
    ("AAPL", Side.SELL, "10", OrdType.LIMIT, "1.15"),
    ("SPY", Side.SELL, "5", OrdType.STOP, "0.88"),
    ("BTC/USD", Side.BUY, "0.01", OrdType.LIMIT, "0.85"),
)


def seed_demo(exchange: Exchange, accounts: list[Account], clock: Clock) -> None:
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
        for account in accounts:
            _trade(exchange, account, index)
    exchange.clock = clock
    for account in accounts:
        _rest(exchange, account)
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


def _trade(exchange: Exchange, account: Account, day: int) -> None:
    if day in _BOUGHT:
        symbol, side, quantity = _BOUGHT[day]
        exchange.submit(account, _ticket(symbol, side, Decimal(quantity)))
        exchange.work()
    if day == max(_BOUGHT) - 1:
        held = account.holding("SPY").quantity
        paid = round(held * Decimal("1.83"), 2)
        exchange.move_cash(account, MovementKind.DIVIDEND, paid, symbol="SPY", quantity=held)


def _rest(exchange: Exchange, account: Account) -> None:
    """Orders far from the market, that stay open."""
    for symbol, side, quantity, kind, factor in _RESTING:
        step = Decimal("0.01")
        price = (exchange.market.quotes[symbol].last * Decimal(factor)).quantize(step)
        name = "stop_price" if kind is OrdType.STOP else "limit_price"
        exchange.submit(
            account,
            _ticket(
                symbol,
                side,
                Decimal(quantity),
                type=kind,
                time_in_force=TimeInForce.GOOD_TILL_CANCEL,
                **{name: price},
            ),
        )


def _ticket(symbol: str, side: Side, quantity: Decimal, **terms: object) -> Ticket:
    crypto = "/" in symbol
    usual = TimeInForce.GOOD_TILL_CANCEL if crypto else TimeInForce.DAY
    fields: dict[str, object] = {"time_in_force": usual} | terms
    return Ticket(symbol=symbol, side=side, quantity=quantity, **fields)  # type: ignore[arg-type]  # by name, from the tables above
