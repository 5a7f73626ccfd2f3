"""Accounts, positions, orders and prices, from whatever a wire may bring."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.alpaca import parse, words
from brokers.alpaca.fills import Fills
from brokers.alpaca.orders import reports
from brokers.alpaca.quotes import CRYPTO, STOCKS, mark_of, snapshots, ticked, ticks
from brokers.alpaca.stream import reports_of
from brokers.alpaca.symbols import holding_of, instrument_of, symbol_of
from brokers.wire import Row, document
from domain.account import AccountStatus
from domain.errors import Unintelligible
from domain.holding import Side, value
from domain.instrument import AssetClass
from domain.order import OrderClass, OrderSide, OrderStatus, OrderType
from tests.brokers.alpaca.rows import (
    ACCOUNT,
    HEARD,
    NOW,
    ORDER,
    POSITION,
    SNAPSHOT,
    TICK,
    UPDATE,
    order,
    position,
)

APPLE = instrument_of("AAPL", "us_equity")

READERS: list[tuple[dict[str, Any], Callable[[object], object]]] = [
    (ACCOUNT, lambda body: parse.account(Row(body, "it"))),
    (ACCOUNT, lambda body: parse.balances(Row(body, "it"))),
    (ACCOUNT, lambda body: parse.valuation(Row(body, "it"), NOW)),
    (POSITION, lambda body: parse.holding(Row(body, "it"), "USD")),
    (POSITION, lambda body: parse.mark(Row(body, "it"), "USD", NOW)),
    (ORDER, lambda body: list(reports(Row(body, "it"), HEARD))),
    (UPDATE, lambda body: list(reports_of(Row(body, "it"), HEARD, Fills()))),
    (SNAPSHOT, lambda body: mark_of(APPLE, Row(body, "it"))),
    ({"AAPL": SNAPSHOT}, lambda body: snapshots(body, STOCKS)),
    ({"snapshots": {"BTC/USD": SNAPSHOT}}, lambda body: snapshots(body, CRYPTO)),
    (TICK, lambda body: [ticked(None, APPLE, tick) for tick in ticks(body)]),
]
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(
        ["NaN", "1e999", "-0", "9" * 40, "0." + "1" * 18, "\x00", "<b>", [], {}, [{}]]
    )
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.text())
)


@given(reader=st.sampled_from(READERS), data=st.data())
def test_any_field_may_be_anything(
    reader: tuple[dict[str, Any], Callable[[object], object]], data: st.DataObject
) -> None:
    body, read = reader
    odd = data.draw(st.dictionaries(st.sampled_from(sorted(body)), ODD))
    gone = data.draw(st.sets(st.sampled_from(sorted(body))))
    changed = {name: field for name, field in (body | odd).items() if name not in gone}
    with suppress(Unintelligible):
        read(document(json.dumps(changed)))


@given(
    field=st.sampled_from(sorted(ORDER)),
    odd=ODD,
    status=st.text().filter(lambda word: word.strip() not in words.STATUS),
)
def test_no_odd_field_and_no_unknown_word_ends_an_order(
    field: str, odd: object, status: str
) -> None:
    try:
        told = order(**{field: odd, "status": status})
    except Unintelligible:
        return
    assert told.status is OrderStatus.UNKNOWN
    assert not told.status.terminal


@pytest.mark.parametrize("field", ["id", "symbol", "side", "filled_qty"])
@pytest.mark.parametrize("odd", [None, "", {}, [], True])
def test_an_order_that_cannot_be_placed_among_the_known_ones_is_unintelligible(
    field: str, odd: object
) -> None:
    with pytest.raises(Unintelligible):
        order(**{field: odd})


def test_an_order_is_read_with_its_times_in_utc() -> None:
    told = order()
    assert (told.status, told.raw_status) == (OrderStatus.PARTIALLY_FILLED, "partially_filled")
    assert told.stamp.time == datetime(2026, 5, 29, 14, 0, 0, 123456, tzinfo=UTC)
    assert told.stamp.arrival == NOW
    assert (told.filled_quantity, told.average_price) == (Decimal(1), Decimal("150.5"))
    assert told.terms.order_class is OrderClass.SIMPLE


@pytest.mark.parametrize(("word", "meaning"), list(words.STATUS.items()))
def test_each_status_is_kept_beside_its_raw_word(
    word: str, meaning: tuple[OrderStatus, bool | None]
) -> None:
    told = order(status=word)
    assert (told.status, told.working) == meaning
    assert told.raw_status == word


def test_only_what_alpaca_says_has_ended_has_ended() -> None:
    ended = {word for word, (status, _) in words.STATUS.items() if status.terminal}
    assert ended == {"filled", "canceled", "expired", "rejected", "replaced"}


def test_words_that_alpaca_adds_are_kept_as_other() -> None:
    told = order(type="pegged", time_in_force="gtd90", order_class="oco2", asset_class="moon")
    assert told.terms.type is OrderType.OTHER
    assert told.terms.order_class is OrderClass.OTHER
    assert told.instrument.asset_class is AssetClass.OTHER


def test_legs_are_orders_that_name_their_parent() -> None:
    stop = ORDER | {"id": "o-2", "side": "sell", "type": "stop", "stop_price": "140"}
    row = Row(ORDER | {"order_class": "bracket", "legs": [stop]}, "the order")
    head, leg = reports(row, HEARD)
    assert (head.parent, leg.parent) == (None, "o-1")
    assert head.legs == ()
    assert leg.terms.stop_price == Decimal(140)


def test_a_combination_has_legs_and_a_net_price() -> None:
    leg = ORDER | {
        "order_class": "mleg",
        "symbol": "AAPL271217C00250000",
        "asset_class": "us_option",
        "type": "",
        "ratio_qty": "3",
        "position_intent": "buy_to_open",
    }
    blank = {"symbol": "", "asset_class": "", "side": "", "order_class": "mleg"}
    head, *legs = reports(Row(ORDER | blank | {"legs": [leg, leg | {"id": "o-3"}]}, "it"), HEARD)
    assert head.instrument.asset_class is AssetClass.MULTI_LEG
    assert head.instrument.symbol == "AAPL"
    assert head.terms.type is OrderType.NET
    assert head.terms.side is OrderSide.BUY
    assert [one.ratio for one in head.legs] == [Decimal(3), Decimal(3)]
    assert len(legs) == 2


def test_a_short_position_is_negative_whatever_its_sign() -> None:
    for quantity in ("5", "-5"):
        held = parse.holding(position(side="short", qty=quantity), "USD")
        assert (held.quantity, held.side) == (Decimal(-5), Side.SHORT)
        assert held.cost_basis == Decimal(-500)
    worth = value(held, parse.mark(position(side="short", qty="-5"), "USD", NOW))
    assert worth is not None
    assert worth.unrealized_pnl == Decimal(-100)


def test_an_option_is_worth_a_hundred_times_its_price() -> None:
    row = position(
        symbol="AAPL271217C00250000", asset_class="us_option", cost_basis="50000", qty="5"
    )
    held, mark = parse.holding(row, "USD"), parse.mark(row, "USD", NOW)
    assert held.instrument.symbol == "AAPL  271217C00250000"
    worth = value(held, mark)
    assert worth is not None
    assert (worth.market_value, worth.unrealized_pnl) == (Decimal(60000), Decimal(10000))


@pytest.mark.parametrize(
    ("symbol", "coin", "pair"),
    [
        ("BTC/USD", "BTC", "BTC/USD"),
        ("BTCUSD", "BTC", "BTC/USD"),
        ("SOLUSDT", "SOL", "SOL/USDT"),
        ("ETHBTC", "ETH", "ETH/BTC"),
        ("USDCUSD", "USDC", "USDC/USD"),
        ("USD", "USD", "USD/USD"),
    ],
)
def test_crypto_is_held_as_the_coin_and_ordered_as_a_pair(
    symbol: str, coin: str, pair: str
) -> None:
    assert holding_of(symbol, "crypto").symbol == coin
    ordered = instrument_of(symbol, "crypto")
    assert ordered.symbol == pair
    assert ordered.held_as == holding_of(symbol, "crypto").id


def test_alpacas_own_way_of_writing_symbols_comes_back() -> None:
    assert symbol_of(instrument_of("AAPL271217C00250000", "us_option")) == "AAPL271217C00250000"
    assert symbol_of(holding_of("BTCUSD", "crypto")) == "BTC/USD"
    assert symbol_of(instrument_of("BRK.B", "us_equity")) == "BRK.B"


def test_an_account_in_another_currency_is_valued_in_dollars_where_they_are_told() -> None:
    row = position(cost_basis="750", usd={"cost_basis": "500", "current_price": "120"})
    held, mark = parse.holding(row, "CAD"), parse.mark(row, "CAD", NOW)
    assert (held.currency, held.cost_basis) == ("USD", Decimal(500))
    assert mark is not None
    assert (mark.currency, mark.price) == ("USD", Decimal(120))
    assert parse.holding(position(), "CAD").currency == "CAD"


def test_a_position_without_a_price_has_no_mark() -> None:
    assert parse.mark(position(current_price=None), "USD", NOW) is None


def test_cash_that_cannot_be_read_is_not_zero() -> None:
    unreadable: tuple[object, ...] = (None, "", "NaN", {})
    for odd in unreadable:
        with pytest.raises(Unintelligible):
            parse.balances(Row(ACCOUNT | {"cash": odd}, "the account"))


def test_a_blocked_account_is_restricted_and_says_why() -> None:
    told = parse.account(Row(ACCOUNT | {"trading_blocked": True}, "the account"))
    assert told.status is AccountStatus.RESTRICTED
    assert told.restrictions == ("trading_blocked",)
    assert (
        parse.account(Row(ACCOUNT | {"status": "NEW_WORD"}, "it")).status is AccountStatus.UNKNOWN
    )


def test_a_quote_moves_bid_and_ask_and_a_trade_the_price() -> None:
    mark = mark_of(APPLE, Row(document(json.dumps(SNAPSHOT)), "it"))
    assert mark is not None
    assert (mark.price, mark.bid, mark.ask) == (
        Decimal("120.5"),
        Decimal("120.4"),
        Decimal("120.6"),
    )
    assert mark.previous_close == 119
    quote = {"T": "q", "bp": Decimal(121), "ap": Decimal(122), "t": "2026-05-29T14:00:02Z"}
    quoted = ticked(mark, APPLE, Row(quote, "it"))
    assert quoted is not None
    assert (quoted.price, quoted.bid) == (Decimal("120.5"), Decimal(121))
    trade = {"T": "t", "p": Decimal(123), "t": "2026-05-29T14:00:03Z"}
    traded = ticked(quoted, APPLE, Row(trade, "it"))
    assert traded is not None
    assert (traded.price, traded.bid, traded.previous_close) == (
        Decimal(123),
        Decimal(121),
        Decimal(119),
    )
    late = trade | {"p": Decimal(1), "t": "2026-05-29T13:00:00Z"}
    assert ticked(traded, APPLE, Row(late, "it")) == traded
