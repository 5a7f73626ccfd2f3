"""What trades beyond Alpaca's listings, and how orders hang together that came one by one."""

from decimal import Decimal

import pytest

from sandbox import valuation
from sandbox.clock import ManualClock
from sandbox.orders import Order, OrdStatus, OrdType, Side, Ticket, TimeInForce
from sandbox.rules import Reason, Rejected
from tests.sandbox.desk import FRIDAY, Desk

D = Decimal
GTC = TimeInForce.GOOD_TILL_CANCEL


@pytest.fixture
def reaching(desk: Desk) -> Desk:
    """An account that may cross zero."""
    desk.account.crosses_zero = True
    return desk


def resting(desk: Desk, price: str = "100", **terms: object) -> Order:
    return desk.ask(
        "AAPL",
        Side.BUY,
        "5",
        type=OrdType.LIMIT,
        limit_price=D(price),
        time_in_force=GTC,
        **terms,
    )


def test_a_pair_of_currencies_moves_cash_in_both_and_is_not_held(desk: Desk) -> None:
    order = desk.ask("EUR.USD", Side.BUY, "1000")

    paid = order.average_price or D(0)
    assert desk.account.foreign == {"EUR": D(1000)}
    assert desk.account.cash == D(100_000) - 1000 * paid
    assert desk.account.holdings == {}


def test_what_trades_abroad_is_paid_in_its_currency_and_valued_at_the_rate(desk: Desk) -> None:
    desk.ask("SAP.IBIS", Side.BUY, "10")

    market = desk.exchange.market
    rate, last = market.quotes["EUR.USD"].last, market.quotes["SAP.IBIS"].last
    state = valuation.value(desk.account, market)
    assert desk.account.cash == D(100_000)
    assert state.long_value == 10 * last * rate
    assert state.equity == D(100_000) + (10 * last + desk.account.foreign["EUR"]) * rate


def test_a_rate_is_known_whichever_way_a_pair_is_quoted(desk: Desk) -> None:
    market = desk.exchange.market

    assert market.rate("USD") == 1
    assert market.rate("JPY") == 1 / market.quotes["USD.JPY"].last


def test_a_future_ties_up_a_share_of_its_worth(desk: Desk) -> None:
    desk.ask("ESH7", Side.BUY, "1")

    state = valuation.value(desk.account, desk.exchange.market)
    assert state.requirement == state.long_value / 10
    with pytest.raises(Rejected) as refused:
        desk.ask("ESH7", Side.BUY, "2")
    assert refused.value.reason is Reason.INSUFFICIENT_FUNDS


def test_prices_stay_on_ticks_that_are_no_power_of_ten(desk: Desk) -> None:
    desk.exchange.set_price("ESH7", D("6701.13"))

    quote = desk.exchange.market.quotes["ESH7"]
    assert quote.last == D("6701.25")
    assert all(price % D("0.25") == 0 for price in (quote.bid, quote.ask))


def test_only_who_may_crosses_zero(desk: Desk) -> None:
    desk.ask("AAPL", Side.BUY, "5")
    with pytest.raises(Rejected) as refused:
        desk.ask("AAPL", Side.SELL, "8")
    assert refused.value.reason is Reason.INSUFFICIENT_QUANTITY

    desk.account.crosses_zero = True
    desk.ask("AAPL", Side.SELL, "8")

    assert desk.account.holding("AAPL").quantity == -3


@pytest.mark.parametrize(
    ("side", "trigger"), [(Side.BUY, "244"), (Side.SELL, "256")], ids=["buy", "sell"]
)
def test_what_is_if_touched_waits_for_a_better_price(
    reaching: Desk, side: Side, trigger: str
) -> None:
    stop = D(245) if side is Side.BUY else D(255)
    order = reaching.ask(
        "AAPL", side, "1", type=OrdType.MARKET_IF_TOUCHED, stop_price=stop, time_in_force=GTC
    )
    assert order.status is OrdStatus.NEW

    reaching.exchange.set_price("AAPL", D(trigger))

    assert reaching.now(order).status is OrdStatus.FILLED


def test_the_limit_of_a_trailing_stop_limit_moves_with_its_stop(reaching: Desk) -> None:
    order = reaching.ask(
        "AAPL",
        Side.SELL,
        "1",
        type=OrdType.TRAILING_STOP_LIMIT,
        trail_amount=D(5),
        limit_offset=D(1),
        time_in_force=GTC,
    )
    reaching.exchange.set_price("AAPL", D(260))
    assert reaching.now(order).stop_price == D(255)

    reaching.exchange.set_price("AAPL", D(250))  # triggered, but below its limit of 254
    assert reaching.now(order).status is OrdStatus.NEW
    reaching.exchange.set_price("AAPL", D(255))

    assert reaching.now(order).status is OrdStatus.FILLED


def test_of_a_group_the_first_to_fill_ends_the_others(desk: Desk) -> None:
    waiting = resting(desk, group="one")
    alone = resting(desk)

    filled = resting(desk, "260", group="one")

    assert filled.status is OrdStatus.FILLED
    assert desk.now(waiting).status is OrdStatus.CANCELED
    assert desk.now(alone).status is OrdStatus.NEW


def test_what_is_hung_on_an_order_waits_for_it_and_rivals_the_rest(desk: Desk) -> None:
    head = resting(desk)
    exits = [
        desk.exchange.attach(desk.account, head.id, ticket)
        for ticket in (
            Ticket(
                symbol="AAPL",
                side=Side.SELL,
                quantity=D(5),
                type=OrdType.LIMIT,
                limit_price=D(300),
                time_in_force=GTC,
            ),
            Ticket(
                symbol="AAPL",
                side=Side.SELL,
                quantity=D(5),
                type=OrdType.STOP,
                stop_price=D(90),
                time_in_force=GTC,
            ),
        )
    ]
    assert {desk.now(one).status for one in exits} == {OrdStatus.SUSPENDED}

    desk.exchange.set_price("AAPL", D(99))
    assert {desk.now(one).status for one in exits} == {OrdStatus.NEW}
    desk.exchange.set_price("AAPL", D(301))

    profit, loss = map(desk.now, exits)
    assert (profit.status, loss.status) == (OrdStatus.FILLED, OrdStatus.CANCELED)


def test_an_order_that_waits_for_another_is_amended_at_once(desk: Desk) -> None:
    head = resting(desk)
    ticket = Ticket(
        symbol="AAPL",
        side=Side.SELL,
        quantity=D(5),
        type=OrdType.LIMIT,
        limit_price=D(300),
        time_in_force=GTC,
    )
    leg = desk.exchange.attach(desk.account, head.id, ticket)

    desk.exchange.amend(desk.account, leg.id, limit_price=D(310))

    assert desk.now(leg).status is OrdStatus.SUSPENDED
    assert desk.now(leg).ticket.limit_price == D(310)


def test_what_is_good_till_a_moment_ends_then(desk: Desk, clock: ManualClock) -> None:
    order = desk.ask(
        "AAPL",
        Side.BUY,
        "1",
        type=OrdType.LIMIT,
        limit_price=D(100),
        time_in_force=TimeInForce.GOOD_TILL_DATE,
        expires=FRIDAY.replace(hour=18),
    )

    clock.now = FRIDAY.replace(hour=18)
    desk.exchange.work()

    assert desk.now(order).status is OrdStatus.EXPIRED
