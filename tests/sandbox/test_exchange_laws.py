"""Laws of the exchange, whatever is asked of it in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sandbox import valuation
from sandbox.account import Account
from sandbox.clock import ManualClock
from sandbox.demo import Investor, beginning, seed_demo
from sandbox.exchange import Exchange
from sandbox.instruments import Kind
from sandbox.orders import Contingency, Event, ExecType, Order, OrdType, Side, Ticket, TimeInForce
from sandbox.rules import Rejected

D = Decimal
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SYMBOLS = ("AAPL", "TSLA", "AAPL271217C00250000", "BTC/USD")

tickets = st.builds(
    Ticket,
    symbol=st.sampled_from(SYMBOLS),
    side=st.sampled_from(Side),
    quantity=st.one_of(
        st.integers(1, 30).map(D), st.integers(1, 10**9).map(lambda n: D(n).scaleb(-9))
    ),
    type=st.sampled_from([OrdType.MARKET, OrdType.LIMIT, OrdType.STOP]),
    limit_price=st.integers(200, 300).map(D),
    stop_price=st.integers(200, 300).map(D),
    time_in_force=st.sampled_from(
        [TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL]
    ),
)


def _bracket(ticket: Ticket) -> Ticket:
    side, quantity = ticket.side.opposite, ticket.quantity
    common = {"symbol": ticket.symbol, "side": side, "quantity": quantity, "opens": False}
    profit = Ticket(**common, type=OrdType.LIMIT, limit_price=D(250 + 20 * ticket.side.sign))  # type: ignore[arg-type]  # by name
    loss = Ticket(**common, type=OrdType.STOP, stop_price=D(250 - 20 * ticket.side.sign))  # type: ignore[arg-type]  # by name
    return replace(ticket, contingency=Contingency.OTOCO, legs=(profit, loss))


steps = st.lists(
    st.one_of(
        tickets,
        tickets.map(_bracket),
        st.tuples(st.just("price"), st.sampled_from(SYMBOLS), st.integers(200, 300)),
        st.tuples(st.just("liquidity"), st.sampled_from(SYMBOLS), st.integers(1, 10)),
        st.tuples(st.just("cancel"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("replace"), st.integers(0, 20), st.integers(1, 40)),
        st.tuples(st.just("tick"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


def run(script: list[object], seed: int = 5) -> Exchange:
    """An exchange after the script; what it refuses has not happened."""
    exchange = Exchange(seed=seed, clock=ManualClock(START))
    account = exchange.open_account(cash=D(1_000_000))
    for step in script:
        try:
            _do(exchange, account, step)
        except Rejected:
            continue
        exchange.work()
    return exchange


def _do(exchange: Exchange, account: Account, step: object) -> None:
    match step:
        case Ticket():
            exchange.submit(account, step)
        case ("price", str(symbol), int(price)):
            exchange.set_price(symbol, D(price))
        case ("liquidity", str(symbol), int(most)):
            exchange.liquidity[symbol] = D(most)
        case ("tick", _, _):
            exchange.tick()
        case ("cancel", int(index), _):
            exchange.cancel(account, _order_at(account, index))
        case ("replace", int(index), int(quantity)):
            exchange.replace(account, _order_at(account, index), quantity=D(quantity))


def _order_at(account: Account, index: int) -> str:
    ids = list(account.orders)
    return ids[index % len(ids)] if ids else "none"


def only_account(exchange: Exchange) -> Account:
    (account,) = exchange.accounts.values()
    return account


@given(steps)
def test_cash_and_holdings_are_the_sum_of_what_moved_them(script: list[object]) -> None:
    exchange = run(script)
    account = only_account(exchange)
    cash = sum((one.amount for one in account.movements), D(0))
    held: dict[str, Decimal] = {}
    for one in account.executions.values():
        signed = one.quantity * one.side.sign
        cash -= signed * one.price * exchange.market.instruments[one.symbol].multiplier
        held[one.symbol] = held.get(one.symbol, D(0)) + signed
    assert account.cash == cash
    nonzero = {symbol: quantity for symbol, quantity in held.items() if quantity}
    assert {symbol: one.quantity for symbol, one in account.holdings.items()} == nonzero


@given(steps)
def test_equity_is_cash_and_positions(script: list[object]) -> None:
    exchange = run(script)
    account = only_account(exchange)
    positions = sum(
        (
            one.quantity
            * exchange.market.quotes[symbol].last
            * exchange.market.instruments[symbol].multiplier
            for symbol, one in account.holdings.items()
        ),
        D(0),
    )
    assert valuation.value(account, exchange.market).equity == account.cash + positions


@given(steps)
def test_no_order_fills_past_its_quantity_and_its_executions_add_up(script: list[object]) -> None:
    account = only_account(run(script))
    for order in account.orders.values():
        mine = [one for one in account.executions.values() if one.order_id == order.id]
        assert order.quantity is not None
        assert 0 <= order.filled <= order.quantity
        assert sum((one.quantity for one in mine), D(0)) == order.filled


@given(steps)
def test_the_exits_of_a_bracket_together_fill_no_more_than_it_did(script: list[object]) -> None:
    account = only_account(run(script))
    for order in account.orders.values():
        exits = [account.orders[one].filled for one in order.leg_ids]
        assert sum(exits, D(0)) <= order.filled or not exits


@given(steps)
def test_nothing_happens_to_an_order_after_its_end(script: list[object]) -> None:
    ended: set[str] = set()
    for event in run(script).events:
        assert event.order.id not in ended or event.type is ExecType.REPLACE_REJECTED
        if not event.order.live:
            ended.add(event.order.id)


@given(steps)
def test_coins_and_options_are_never_held_short(script: list[object]) -> None:
    holdings = only_account(run(script)).holdings
    assert all(one.quantity > 0 for symbol, one in holdings.items() if len(symbol) > 4)


@given(steps, st.integers(0, 3))
def test_the_same_seed_and_the_same_calls_give_the_same_events(
    script: list[object], seed: int
) -> None:
    assert run(script, seed).events == run(script, seed).events


@given(steps)
def test_times_and_sequence_numbers_only_grow(script: list[object]) -> None:
    events: list[Event] = run(script).events
    assert [one.sequence for one in events] == list(range(1, len(events) + 1))
    assert all(a.at < b.at for a, b in pairwise(events))


def demo(seed: int) -> tuple[Exchange, Account]:
    now = ManualClock(START)
    exchange = Exchange(seed=seed, clock=ManualClock(beginning(now)))
    account = exchange.open_account()
    kinds = frozenset({Kind.EQUITY, Kind.OPTION, Kind.CRYPTO})
    seed_demo(exchange, [Investor(account=account, kinds=kinds)], now)
    return exchange, account


def test_the_demo_is_always_the_same_and_holds_every_kind_of_thing() -> None:
    (exchange, account), (again, _) = demo(7), demo(7)
    assert exchange.events == again.events
    quantities = {symbol: one.quantity for symbol, one in account.holdings.items()}
    assert quantities["TSLA"] < 0
    assert quantities["SPY"] % 1
    assert {len(symbol) > 7 for symbol in quantities} == {True, False}
    assert quantities["BTC/USD"] == D("0.12345678")
    open_orders: list[Order] = [one for one in account.orders.values() if one.live]
    assert len(open_orders) == 4
    first, last = account.equity_points[0][0], account.equity_points[-1][0]
    assert last - first > timedelta(days=25)


def test_another_seed_is_another_market() -> None:
    assert demo(7)[0].market.quotes != demo(8)[0].market.quotes
