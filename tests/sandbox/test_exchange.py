"""What the exchange does with each kind of order."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox import mishaps, valuation
from sandbox.account import Holding
from sandbox.clock import ManualClock
from sandbox.orders import (
    ExecType,
    OrdStatus,
    OrdType,
    Side,
    TimeInForce,
)
from sandbox.rules import Reason, Rejected
from tests.sandbox.desk import CALL, D, Desk


def test_a_market_order_fills_at_the_ask_and_the_books_follow(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "10")
    ask = desk.exchange.market.quotes["AAPL"].ask
    assert (order.status, order.average_price) == (OrdStatus.FILLED, ask)
    assert desk.account.cash == 100_000 - 10 * ask
    assert desk.account.holdings["AAPL"].cost == 10 * ask
    assert desk.types(order) == [ExecType.PENDING_NEW, ExecType.NEW, ExecType.TRADE]


def test_an_amount_of_money_buys_a_fraction_and_is_filled(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, None, cash_quantity=D(500))
    assert order.status is OrdStatus.FILLED
    assert order.filled == D("1.999840012")
    assert D("499.9999") < order.paid <= 500


def test_a_limit_order_waits_for_its_price(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "10", type=OrdType.LIMIT, limit_price=D("240.00"))
    assert order.status is OrdStatus.NEW
    desk.exchange.set_price("AAPL", D("239.00"))
    assert desk.now(order).average_price == D("239.02")


@pytest.mark.parametrize(
    ("terms", "at", "filled"),
    [
        ({"type": OrdType.STOP, "stop_price": D(240)}, "239", True),
        ({"type": OrdType.STOP, "stop_price": D(240)}, "240.01", False),
        (
            {"type": OrdType.STOP_LIMIT, "stop_price": D(240), "limit_price": D("239.50")},
            "239",
            False,
        ),
        ({"type": OrdType.STOP_LIMIT, "stop_price": D(240), "limit_price": D(238)}, "239", True),
        ({"type": OrdType.TRAILING_STOP, "trail_amount": D(5)}, "245", True),
        ({"type": OrdType.TRAILING_STOP, "trail_amount": D(5)}, "245.01", False),
        ({"type": OrdType.TRAILING_STOP, "trail_percent": D(4)}, "240", True),
    ],
)
def test_a_stop_sells_when_the_price_falls_to_it(
    desk: Desk, terms: dict[str, object], at: str, *, filled: bool
) -> None:
    desk.ask("AAPL", Side.BUY, "10")
    stop = desk.ask("AAPL", Side.SELL, "10", **terms)
    desk.exchange.set_price("AAPL", D(at))
    assert (desk.now(stop).status is OrdStatus.FILLED) is filled


def test_a_trailing_stop_follows_the_price_up_and_stays_there(desk: Desk) -> None:
    desk.ask("AAPL", Side.BUY, "10")
    stop = desk.ask("AAPL", Side.SELL, "10", type=OrdType.TRAILING_STOP, trail_amount=D(5))
    for price, expected in (("260", "255"), ("258", "255"), ("262.50", "257.50")):
        desk.exchange.set_price("AAPL", D(price))
        assert desk.now(stop).stop_price == D(expected)


def test_what_one_pass_cannot_fill_waits_for_the_next(desk: Desk) -> None:
    desk.exchange.liquidity["AAPL"] = D(4)
    order = desk.ask("AAPL", Side.BUY, "10")
    assert (order.status, order.filled) == (OrdStatus.PARTIALLY_FILLED, D(4))
    desk.exchange.work()
    assert desk.now(order).filled == 4
    desk.exchange.tick()
    desk.exchange.tick()
    assert (desk.now(order).status, desk.now(order).filled) == (OrdStatus.FILLED, D(10))


@pytest.mark.parametrize(
    ("time_in_force", "filled", "status"),
    [
        (TimeInForce.IMMEDIATE_OR_CANCEL, D(4), OrdStatus.CANCELED),
        (TimeInForce.FILL_OR_KILL, D(0), OrdStatus.CANCELED),
        (TimeInForce.DAY, D(4), OrdStatus.PARTIALLY_FILLED),
    ],
)
def test_time_in_force_says_what_becomes_of_the_rest(
    desk: Desk, time_in_force: TimeInForce, filled: Decimal, status: OrdStatus
) -> None:
    desk.exchange.liquidity["AAPL"] = D(4)
    order = desk.ask("AAPL", Side.BUY, "10", time_in_force=time_in_force)
    assert (order.filled, order.status) == (filled, status)


def test_a_day_order_expires_at_the_close_and_a_gtc_one_does_not(
    desk: Desk, clock: ManualClock
) -> None:
    terms = {"type": OrdType.LIMIT, "limit_price": D(100)}
    day = desk.ask("AAPL", Side.BUY, "1", **terms)
    gtc = desk.ask("AAPL", Side.BUY, "1", time_in_force=TimeInForce.GOOD_TILL_CANCEL, **terms)
    clock.advance(timedelta(hours=6, seconds=1))
    desk.exchange.work()
    assert desk.now(day).status is OrdStatus.EXPIRED
    assert desk.now(gtc).status is OrdStatus.NEW


def test_an_order_for_the_opening_waits_for_the_auction(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "1", time_in_force=TimeInForce.AT_THE_OPENING)
    assert order.status is OrdStatus.NEW
    desk.exchange.auction(TimeInForce.AT_THE_OPENING)
    assert desk.now(order).status is OrdStatus.FILLED


def test_equities_wait_for_the_session_where_the_exchange_keeps_hours(clock: ManualClock) -> None:
    clock.advance(timedelta(days=1))
    desk = Desk(clock, always_open=False)
    equity = desk.ask("AAPL", Side.BUY, "1")
    coin = desk.ask("BTC/USD", Side.BUY, "0.1", time_in_force=TimeInForce.GOOD_TILL_CANCEL)
    assert (equity.status, coin.status) == (OrdStatus.PENDING_NEW, OrdStatus.FILLED)
    clock.advance(timedelta(days=2))
    desk.exchange.work()
    assert desk.now(equity).status is OrdStatus.FILLED


def test_a_cancel_takes_effect_once_it_is_worked(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "1", type=OrdType.LIMIT, limit_price=D(100))
    assert desk.exchange.cancel(desk.account, order.id).status is OrdStatus.PENDING_CANCEL
    desk.exchange.work()
    assert desk.now(order).status is OrdStatus.CANCELED
    with pytest.raises(Rejected) as caught:
        desk.exchange.cancel(desk.account, order.id)
    assert caught.value.reason is Reason.TOO_LATE


def test_a_replacement_is_a_new_order_for_what_has_not_filled(desk: Desk) -> None:
    desk.exchange.liquidity["AAPL"] = D(4)
    old = desk.ask("AAPL", Side.BUY, "10", type=OrdType.LIMIT, limit_price=D(251))
    del desk.exchange.liquidity["AAPL"]
    new = desk.exchange.replace(desk.account, old.id, quantity=D(12), limit_price=D(240))
    assert desk.now(old).status is OrdStatus.PENDING_REPLACE
    desk.exchange.work()
    assert (desk.now(old).status, desk.now(old).replaced_by) == (OrdStatus.REPLACED, new.id)
    assert (new.replaces, new.leaves, desk.now(new).status) == (old.id, D(8), OrdStatus.NEW)


def test_a_refused_replacement_leaves_the_old_order_working(desk: Desk) -> None:
    old = desk.ask("AAPL", Side.BUY, "10", type=OrdType.LIMIT, limit_price=D(240))
    desk.exchange.refuse_replacements = 1
    new = desk.exchange.replace(desk.account, old.id, limit_price=D(241))
    desk.exchange.work()
    assert (desk.now(old).status, desk.now(old).replaced_by) == (OrdStatus.NEW, None)
    assert desk.now(new).status is OrdStatus.REJECTED
    assert desk.types(old)[-1] is ExecType.REPLACE_REJECTED


def test_an_option_costs_a_hundred_times_its_price(desk: Desk) -> None:
    order = desk.ask(CALL, Side.BUY, "2")
    assert desk.account.cash == 100_000 - 200 * order.paid / 2


def test_selling_more_than_is_held_crosses_the_average_cost_to_the_new_price() -> None:
    held = Holding().traded(D(10), D(1000)).traded(D(10), D(1200))
    assert held.traded(D(-5), D(-999)).cost == 1650
    assert held.traded(D(-30), D(-3300)) == Holding(quantity=D(-10), cost=D(-1100))


def test_a_bust_undoes_an_execution(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "10")
    (execution,) = desk.account.executions.values()
    mishaps.bust(desk.exchange, desk.account, execution.id)
    assert (desk.account.cash, desk.account.holdings) == (D(100_000), {})
    assert (desk.now(order).filled, desk.types(order)[-1]) == (D(0), ExecType.TRADE_CANCEL)


def test_a_correction_moves_the_cash(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "10")
    (execution,) = desk.account.executions.values()
    mishaps.correct(desk.exchange, desk.account, execution.id, D(249))
    assert desk.account.cash == 100_000 - 2490
    assert desk.now(order).average_price == 249
    assert (desk.now(order).ended, desk.now(order).updated > order.updated) == (order.ended, True)


def test_an_accepted_order_can_still_be_rejected(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "1", type=OrdType.LIMIT, limit_price=D(100))
    mishaps.reject(desk.exchange, desk.account, order.id, "no borrow")
    assert (desk.now(order).status, desk.now(order).text) == (OrdStatus.REJECTED, "no borrow")


def test_a_new_day_keeps_yesterdays_close_and_equity(desk: Desk, clock: ManualClock) -> None:
    desk.ask("AAPL", Side.BUY, "10")
    desk.exchange.set_price("AAPL", D(255))
    equity = valuation.value(desk.account, desk.exchange.market).equity
    clock.advance(timedelta(days=1))
    desk.exchange.tick()
    assert desk.exchange.market.quotes["AAPL"].previous_close == 255
    assert desk.account.previous_equity == equity
