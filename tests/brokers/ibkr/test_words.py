"""Contracts, orders, times and figures by themselves: exact, total, and never guessed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.ibkr import codes, parse, said
from brokers.ibkr.contracts import held_as, instrument_of, wanted
from brokers.ibkr.decoder import Exact
from brokers.ibkr.ears import Ears
from brokers.ibkr.orders import Asked, moment_of, terms_of
from brokers.ibkr.prices import Ticked
from brokers.ibkr.reading import order_of
from brokers.ibkr.words import status_of
from domain.errors import (
    BrokerError,
    InsufficientFunds,
    MarketClosed,
    NotPermitted,
    Unintelligible,
)
from domain.holding import MarkSource, value
from domain.instrument import AssetClass, Instrument
from domain.order import OrderClass, OrderSide, OrderStatus, OrderType, Terms, TimeInForce

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
AMOUNTS = st.decimals(min_value="0.0001", max_value="1e9", places=4)
PRICED = st.sampled_from(
    [
        (OrderType.MARKET, ()),
        (OrderType.LIMIT, ("limit_price",)),
        (OrderType.STOP, ("stop_price",)),
        (OrderType.STOP_LIMIT, ("limit_price", "stop_price")),
        (OrderType.MARKET_IF_TOUCHED, ("stop_price",)),
        (OrderType.LIMIT_IF_TOUCHED, ("limit_price", "stop_price")),
        (OrderType.TRAILING_STOP, ("trail_amount",)),
        (OrderType.TRAILING_STOP, ("trail_percent",)),
        (OrderType.TRAILING_STOP_LIMIT, ("trail_amount", "limit_price", "stop_price")),
    ]
)


@given(st.data(), PRICED, st.sampled_from(OrderSide), st.sampled_from(TimeInForce))
def test_an_order_is_read_back_as_it_was_written_to_the_last_digit(
    data: st.DataObject,
    priced: tuple[OrderType, tuple[str, ...]],
    side: OrderSide,
    time: TimeInForce,
) -> None:
    kind, names = priced
    plain = {OrderType.MARKET, OrderType.LIMIT}
    if time is TimeInForce.OTHER or (time is TimeInForce.CLS and kind not in plain):
        time = TimeInForce.DAY
    prices = {name: data.draw(AMOUNTS) for name in names}
    terms = replace(
        Terms(side=side, type=kind, time_in_force=time, quantity=data.draw(AMOUNTS)),
        **prices,  # type: ignore[arg-type]  # each is a price
    )
    sent = Asked(account="DU1", ref="bg-1", terms=terms).wire()
    decoder = Exact(Ears(lambda _, __: None, lambda: None, lambda: None))
    decoder.parse(sent)
    assert terms_of(order_of(sent), OrderClass.SIMPLE) == terms
    assert (sent.account, sent.orderRef) == ("DU1", "bg-1")


@given(st.lists(st.text(max_size=12), max_size=40))
def test_whatever_a_gateway_sends_is_told_or_told_to_be_unreadable(fields: list[str]) -> None:
    heard: list[said.Said] = []
    decoder = Exact(Ears(lambda _, word: heard.append(word), lambda: None, lambda: None))
    decoder.serverVersion = 176
    for number in ("", "1", "3", "4", "5", "10", "11", "59", "61", "73", "79", "95", "101"):
        decoder.interpret([*([number] if number else []), *fields])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20260413 15:27:04 US/Eastern", "2026-04-13T19:27:04"),
        ("20261113 15:27:04 America/New_York", "2026-11-13T20:27:04"),
        ("20230224  12:04:56", "2023-02-24T12:04:56"),
        ("20260413-15:27:04", "2026-04-13T15:27:04"),
        ("20260413 15:27:04 Central European Standard Time", None),
        ("", None),
        ("tomorrow", None),
    ],
)
def test_a_time_is_read_with_its_zone_or_not_at_all(text: str, at: str | None) -> None:
    wanted_ = None if at is None else datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert moment_of(text) == wanted_


@pytest.mark.parametrize(
    ("contract", "id"),
    [
        (said.Contract(symbol="BRK B", sec_type="STK", currency="USD"), "EQUITY:BRK.B:USD"),
        (
            said.Contract(symbol="SAP", sec_type="STK", currency="EUR", primary_exchange="IBIS"),
            "EQUITY:SAP:XETR:EUR",
        ),
        (said.Contract(symbol="EUR", sec_type="CASH", currency="USD"), "FX:EUR/USD::USD"),
        (said.Contract(symbol="BTC", sec_type="CRYPTO", currency="USD"), "CRYPTO:BTC"),
        (
            said.Contract(
                symbol="ES", local_symbol="ESZ6", sec_type="FUT", currency="USD", exchange="CME"
            ),
            "FUTURE:ESZ6:XCME:USD",
        ),
        (
            said.Contract(con_id=7, sec_type="EVENT", currency="USD", local_symbol="RAIN"),
            "OTHER:RAIN::USD",
        ),
    ],
)
def test_a_contract_has_the_name_that_everything_here_knows_it_by(
    contract: said.Contract, id: str
) -> None:
    assert held_as(instrument_of(contract)).id == id


def test_an_option_without_an_occ_symbol_keeps_its_terms() -> None:
    told = instrument_of(
        said.Contract(
            symbol="ADS",
            sec_type="OPT",
            currency="EUR",
            local_symbol="C ADS  20271217 200 M",
            last_trade_date="20271217",
            strike=Decimal(200),
            right="C",
            multiplier="100",
            exchange="DTB",
        )
    )
    assert told.option is not None
    assert str(told.option.expiry) == "2027-12-17"
    assert told.option.strike == 200
    assert told.mic == "XEUR"
    assert told.multiplier == 100
    assert wanted(told).strike == 200


def test_prices_in_hundredths_are_worth_what_they_are() -> None:
    corn = said.Contract(
        symbol="ZC",
        local_symbol="ZCH7",
        sec_type="FUT",
        currency="USD",
        multiplier="5000",
        exchange="CBOT",
    )
    instrument = instrument_of(corn, magnifier=100)
    assert instrument.multiplier == 50
    held = parse.holding(
        said.Position(
            account="U1",
            contract=corn,
            quantity=Decimal(2),
            average_cost=Decimal("22512.50"),
        ),
        instrument,
    )
    assert held.average_cost == Decimal("450.25")
    assert held.cost_basis == 45025


@given(AMOUNTS, st.integers(-500, 500).filter(bool), st.sampled_from(["1", "50", "100"]))
def test_the_price_of_a_position_comes_back_from_its_worth(
    price: Decimal, quantity: int, multiplier: str
) -> None:
    instrument = Instrument(
        asset_class=AssetClass.OPTION, symbol="X", currency="USD", multiplier=Decimal(multiplier)
    )
    worth = price * quantity * Decimal(multiplier)
    told = said.Profit(position=Decimal(quantity), daily=Decimal(0), unrealized=None, value=worth)
    mark = parse.mark(instrument, told, NOW, traded_today=False)
    assert mark is not None
    assert (mark.price, mark.previous_close) == (price, price)
    held = parse.holding(
        said.Position(
            account="U1",
            contract=said.Contract(),
            quantity=Decimal(quantity),
            average_cost=None,
        ),
        instrument,
    )
    valued = value(held, mark)
    assert valued is not None
    assert valued.market_value == worth
    traded = parse.mark(instrument, told, NOW, traded_today=True)
    assert traded is not None
    assert traded.previous_close is None


def test_figures_that_are_missing_are_unreadable_and_not_zero() -> None:
    row = said.Value(account="U1", tag="CashBalance", text="", currency="EUR")
    base = said.Value(account="U1", tag="NetLiquidation", text="5", currency="EUR")
    with pytest.raises(Unintelligible):
        parse.account(parse.Figures("U1", []))
    with pytest.raises(Unintelligible):
        parse.balances(parse.Figures("U1", [row, base]))
    with pytest.raises(Unintelligible):
        parse.balances(parse.Figures("U1", [base]))


def test_delayed_prices_are_dated_when_they_were_made() -> None:
    instrument = instrument_of(said.Contract(symbol="AAPL", sec_type="STK", currency="USD"))
    told = Ticked().and_(said.Tick(kind=66, price=Decimal(249)))
    told = told.and_(said.Tick(kind=67, price=Decimal(251)))
    middle = told.mark(instrument, NOW, MarkSource.QUOTE)
    assert middle is not None
    assert middle.price == 250
    assert middle.as_of.isoformat() == "2026-11-20T14:45:00+00:00"
    last = told.and_(said.Tick(kind=68, price=Decimal(-1)))
    assert last.last is None
    stamped = told.and_(said.Tick(kind=88, text="1795000000")).mark(
        instrument, NOW, MarkSource.QUOTE
    )
    assert stamped is not None
    assert stamped.as_of == datetime.fromtimestamp(1795000000, UTC)


@pytest.mark.parametrize(
    ("raw", "tif", "held", "rejected", "means"),
    [
        ("Inactive", "DAY", "", True, OrderStatus.REJECTED),
        ("Inactive", "DAY", "locate", False, OrderStatus.SUSPENDED),
        ("Inactive", "FOK", "", False, OrderStatus.CANCELED),
        ("Inactive", "DAY", "", False, OrderStatus.SUSPENDED),
        ("Submitted", "DAY", "", True, OrderStatus.NEW),
        ("ApiUpdate", "DAY", "", False, OrderStatus.UNKNOWN),
        ("Cancelled", "DAY", "", False, OrderStatus.CANCELED),
    ],
)
def test_a_status_means_what_was_told_with_it(
    raw: str,
    tif: str,
    held: str,
    rejected: bool,  # noqa: FBT001
    means: OrderStatus,
) -> None:
    assert status_of(raw, said.Order(tif=tif), held, rejected=rejected)[0] is means


@pytest.mark.parametrize(
    ("code", "text", "means"),
    [
        (201, "Order rejected - reason:INSUFFICIENT FUNDS", InsufficientFunds),
        (201, "Order rejected - reason: the market is closed", MarketClosed),
        (201, "No trading permissions for this product", NotPermitted),
        (321, "The API interface is currently in Read-Only mode.", NotPermitted),
    ],
)
def test_a_rejection_is_told_by_its_words(code: int, text: str, means: type[BrokerError]) -> None:
    assert type(codes.meaning(said.Complaint(id=1, code=code, text=text))) is means


def test_the_words_of_a_rejection_are_fit_to_be_shown() -> None:
    word = said.Complaint(id=1, code=201, text="<b>no</b>\x00\x1b[31m " + "x" * 9000)
    shown = codes.meaning(word).message
    assert "<" not in shown
    assert shown.isprintable()
    assert len(shown) < 250


@pytest.mark.parametrize("code", [202, 399, 404, 2109, 10167, 10349])
def test_what_is_only_said_of_an_order_refuses_nothing(code: int) -> None:
    assert codes.is_notice(code)


@pytest.mark.parametrize("code", [103, 104, 110, 201, 321, 2102, 10147, 10148])
def test_what_refuses_an_order_is_no_notice(code: int) -> None:
    assert not codes.is_notice(code)
