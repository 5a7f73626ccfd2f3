"""Our tickets beside the bodies of E*TRADE's own samples."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.etrade.symbols import combination_of, order_type, symbol_of
from brokers.etrade.tickets import Asked, placing, previewing, wire_id
from domain.errors import InvalidTicket
from domain.instrument import AssetClass, Instrument, option_of
from domain.intent import new_client_order_id
from domain.money import plain
from domain.order import (
    Leg,
    OrderClass,
    OrderSide,
    OrderType,
    PositionEffect,
    Terms,
    TimeInForce,
)
from tests.recordings import RECORDINGS, needs_recordings

BUY, SELL, OPEN = OrderSide.BUY, OrderSide.SELL, PositionEffect.OPEN
# What only some samples say: no price, the quantity twice, and that it is one.
ASIDE = {"stopPrice", "orderedQuantity", "quantityType"}


def option(text: str) -> Instrument:
    found = option_of(text)
    assert found is not None
    return found


def recorded(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((RECORDINGS / "etrade" / name).read_bytes())
    return body


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items() if name not in ASIDE}
    return [bare(one) for one in value] if isinstance(value, list) else value


def asked(instrument: Instrument, terms: Terms, name: str, legs: tuple[Leg, ...] = ()) -> Asked:
    return Asked(instrument=instrument, terms=terms, effect=OPEN, client_order_id=name, legs=legs)


@needs_recordings
def test_an_equity_order_is_that_of_the_sample() -> None:
    face = Instrument(asset_class=AssetClass.EQUITY, symbol="FB", currency="USD")
    terms = Terms(
        side=BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(1),
        limit_price=Decimal(169),
    )
    body = recorded("preview_request_equity__laravel.json")
    assert bare(previewing(asked(face, terms, "1fds311"))) == bare(body)


@needs_recordings
def test_an_option_order_is_that_of_the_sample() -> None:
    terms = Terms(
        side=BUY, type=OrderType.MARKET, time_in_force=TimeInForce.DAY, quantity=Decimal(1)
    )
    body = bare(recorded("place_request_option__laravel.json"))
    # The sample names a limit on a market order.
    del body["PlaceOrderRequest"]["Order"][0]["limitPrice"]
    wanted = asked(option("FB181221C00140000"), terms, "8e4153f1")
    assert bare(placing(wanted, ["2785277279"])) == body


@needs_recordings
def test_a_spread_is_that_of_the_sample() -> None:
    long, short = option("IBM190215C00130000"), option("IBM190215C00131000")
    legs = (
        Leg(instrument=long, side=BUY, effect=OPEN),
        Leg(instrument=short, side=SELL, effect=OPEN),
    )
    terms = Terms(
        side=BUY,
        type=OrderType.NET,
        time_in_force=TimeInForce.DAY,
        order_class=OrderClass.MULTI_LEG,
        quantity=Decimal(1),
        limit_price=Decimal(5),
    )
    body = recorded("preview_request_spread__laravel.json")
    wanted = asked(combination_of([long, short]), terms, "3453f1", legs)
    assert bare(previewing(wanted)) == bare(body)


@pytest.mark.parametrize(
    ("legs", "word"),
    [
        (["AAPL271217C00250000", "AAPL271217C00270000"], "SPREADS"),
        (["AAPL", "AAPL271217C00270000"], "BUY_WRITES"),
        (["AAPL271217C00250000", "AAPL271217C00260000", "AAPL271217C00270000"], "BUTTERFLY"),
        ([f"AAPL271217C00{strike}0000" for strike in (24, 25, 26, 27)], "CONDOR"),
        (
            [
                f"AAPL271217{right}"
                for right in ("P00240000", "P00250000", "C00260000", "C00270000")
            ],
            "IRON_CONDOR",
        ),
        (
            [
                f"AAPL271217{right}"
                for right in ("P00240000", "P00250000", "C00250000", "C00260000")
            ],
            "IRON_BUTTERFLY",
        ),
    ],
)
def test_a_combination_is_called_by_its_legs(legs: list[str], word: str) -> None:
    shares = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
    assert order_type([option_of(leg) or shares for leg in legs]) == word


def test_what_makes_no_combination_is_refused() -> None:
    shares = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
    for legs in ([shares, shares], [option("AAPL271217C00250000")] * 5):
        with pytest.raises(InvalidTicket):
            order_type(legs)


def test_our_id_fits_and_stays_apart() -> None:
    ids = {wire_id(new_client_order_id()) for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(one) == 20 and one.isalnum() for one in ids)


def test_an_option_is_quoted_by_its_terms() -> None:
    assert symbol_of(option("AAPL260116C00150000")) == "AAPL:2026:1:16:CALL:150"
    assert symbol_of(option("SPY260116P00150500")) == "SPY:2026:1:16:PUT:150.5"


@given(
    st.dates(date(2026, 1, 1), date(2040, 12, 31)),
    st.sampled_from("CP"),
    st.integers(1, 99_999_999),
)
def test_every_strike_survives_the_wire(day: date, right: str, thousandths: int) -> None:
    from brokers.etrade.body import read
    from brokers.etrade.symbols import instrument_of, product_of

    wanted = option(f"AAPL{day:%y%m%d}{right}{thousandths:08}")
    body = json.dumps({"Product": product_of(wanted)}).encode()
    assert instrument_of(read(body)) == wanted
    assert plain(Decimal(thousandths) / 1000) in body.decode()
