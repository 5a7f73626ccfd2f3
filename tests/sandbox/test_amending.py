"""Terms changed under the same order id, orders that end at a moment, and fees by the price."""

from datetime import timedelta

import pytest

from sandbox.clock import ManualClock
from sandbox.orders import ExecType, OrdStatus, OrdType, Side, TimeInForce
from sandbox.rules import Reason, Rejected
from tests.sandbox.desk import FRIDAY, D, Desk

GOOD = {"type": OrdType.LIMIT, "time_in_force": TimeInForce.GOOD_TILL_CANCEL}


def test_an_amended_order_keeps_its_id_and_what_has_filled(desk: Desk) -> None:
    desk.exchange.liquidity["AAPL"] = D(3)
    order = desk.ask("AAPL", Side.BUY, "10", limit_price=D(300), **GOOD)
    desk.exchange.amend(desk.account, order.id, quantity=D(5), limit_price=D(200))
    desk.exchange.work()
    now = desk.now(order)
    assert (now.status, now.filled, now.leaves) == (OrdStatus.PARTIALLY_FILLED, D(3), D(2))
    desk.exchange.set_price("AAPL", D(199))
    assert desk.now(order).status is OrdStatus.FILLED
    assert desk.types(order)[-3:] == [
        ExecType.PENDING_REPLACE,
        ExecType.REPLACED,
        ExecType.TRADE,
    ]


def test_an_amendment_that_is_refused_leaves_the_order_as_it_was(desk: Desk) -> None:
    order = desk.ask("AAPL", Side.BUY, "10", limit_price=D(200), **GOOD)
    desk.exchange.refuse_replacements = 1
    desk.exchange.amend(desk.account, order.id, limit_price=D(201))
    desk.exchange.work()
    assert (desk.now(order).status, desk.now(order).ticket) == (OrdStatus.NEW, order.ticket)


def test_less_than_has_filled_and_more_than_is_there_cannot_be_amended_to(desk: Desk) -> None:
    desk.exchange.liquidity["AAPL"] = D(3)
    order = desk.ask("AAPL", Side.BUY, "10", limit_price=D(300), **GOOD)
    for quantity, reason in ((3, Reason.INVALID), (100_000, Reason.INSUFFICIENT_FUNDS)):
        with pytest.raises(Rejected) as refused:
            desk.exchange.amend(desk.account, order.id, quantity=D(quantity))
        assert refused.value.reason is reason
    desk.exchange.end(desk.account, order.id, OrdStatus.CANCELED)
    with pytest.raises(Rejected) as late:
        desk.exchange.amend(desk.account, order.id, quantity=D(20))
    assert late.value.reason is Reason.TOO_LATE


def test_a_good_till_date_order_ends_at_its_moment(desk: Desk, clock: ManualClock) -> None:
    terms = GOOD | {"time_in_force": TimeInForce.GOOD_TILL_DATE}
    end = FRIDAY + timedelta(hours=1)
    order = desk.ask("AAPL", Side.BUY, "1", limit_price=D(200), expires=end, **terms)
    clock.advance(timedelta(minutes=59))
    desk.exchange.work()
    assert desk.now(order).live
    clock.advance(timedelta(minutes=1))
    desk.exchange.work()
    assert desk.now(order).status is OrdStatus.EXPIRED


def test_a_fee_may_be_a_share_of_the_money(desk: Desk) -> None:
    desk.account.fee_rate = D("0.01")
    desk.ask("BTC/USD", Side.BUY, "0.5", time_in_force=TimeInForce.GOOD_TILL_CANCEL)
    (execution,) = desk.account.executions.values()
    paid = execution.quantity * execution.price
    assert execution.commission == paid / 100
    assert desk.account.cash == 100_000 - paid - execution.commission
