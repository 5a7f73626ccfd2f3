"""What the exchange refuses, and what open orders tie up."""

import pytest

from sandbox import valuation
from sandbox.orders import (
    OrdType,
    Side,
    Ticket,
)
from sandbox.rules import Reason, Rejected
from tests.sandbox.desk import CALL, D, Desk


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (Ticket(symbol="NOPE", side=Side.BUY, quantity=D(1)), Reason.UNKNOWN_SYMBOL),
        (Ticket(symbol="AAPL", side=Side.BUY), Reason.INVALID),
        (Ticket(symbol="AAPL", side=Side.BUY, quantity=D(0)), Reason.INVALID),
        (
            Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1), cash_quantity=D(1)),
            Reason.INVALID,
        ),
        (Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1000)), Reason.INSUFFICIENT_FUNDS),
        (
            Ticket(
                symbol="AAPL",
                side=Side.BUY,
                quantity=D(1),
                type=OrdType.LIMIT,
                limit_price=D("290.123"),
            ),
            Reason.PRICE_INCREMENT,
        ),
        (
            Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1), type=OrdType.LIMIT),
            Reason.INVALID,
        ),
        (
            Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1), type=OrdType.TRAILING_STOP),
            Reason.INVALID,
        ),
        (
            Ticket(symbol="BTC/USD", side=Side.SELL, quantity=D(1)),
            Reason.INSUFFICIENT_QUANTITY,
        ),
        (Ticket(symbol=CALL, side=Side.SELL, quantity=D(1)), Reason.UNCOVERED),
        (Ticket(symbol=CALL, side=Side.BUY, quantity=D("0.5")), Reason.INVALID),
        (Ticket(symbol="AAPL", side=Side.SELL, quantity=D("0.5")), Reason.SHORT_NOT_ALLOWED),
        (Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1), client_id="c" * 129), Reason.INVALID),
    ],
)
def test_what_may_not_be_is_refused_and_leaves_no_trace(
    desk: Desk, ticket: Ticket, reason: Reason
) -> None:
    with pytest.raises(Rejected) as caught:
        desk.exchange.submit(desk.account, ticket)
    assert caught.value.reason is reason
    assert (desk.account.orders, desk.account.cash) == ({}, D(100_000))


def test_a_client_id_is_used_up_for_ever(desk: Desk) -> None:
    first = desk.ask(
        "AAPL", Side.BUY, "1", client_id="once", type=OrdType.LIMIT, limit_price=D(100)
    )
    desk.exchange.cancel(desk.account, first.id)
    desk.exchange.work()
    with pytest.raises(Rejected) as caught:
        desk.ask("MSFT", Side.BUY, "1", client_id="once")
    assert caught.value.reason is Reason.DUPLICATE_ORDER


def test_shares_that_an_open_order_holds_cannot_be_sold_again(desk: Desk) -> None:
    desk.ask("AAPL", Side.BUY, "10")
    desk.ask("AAPL", Side.SELL, "7", type=OrdType.LIMIT, limit_price=D(300))
    with pytest.raises(Rejected) as caught:
        desk.ask("AAPL", Side.SELL, "4")
    assert caught.value.context["available"] == 3


def test_open_orders_take_buying_power(desk: Desk) -> None:
    before = valuation.value(desk.account, desk.exchange.market).buying_power
    desk.ask("AAPL", Side.BUY, "100", type=OrdType.LIMIT, limit_price=D(200))
    after = valuation.value(desk.account, desk.exchange.market).buying_power
    assert before - after == 20_000
