"""What is declared is taken by the sandbox; what it takes besides is known, and why."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from decimal import Decimal

import pytest

import sandbox
from brokers.alpaca.capabilities import CAPABILITIES
from brokers.alpaca.line import Line
from brokers.alpaca.symbols import instrument_of
from domain.capabilities import Pushed, Replacing, objections
from domain.errors import Refused
from domain.instrument import AssetClass, Instrument
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Ticket
from sandbox import Sandbox
from tests.brokers.desk import Desk

INSTRUMENTS = {
    AssetClass.EQUITY: instrument_of("AAPL", "us_equity"),
    AssetClass.OPTION: instrument_of("AAPL271217C00250000", "us_option"),
    AssetClass.CRYPTO: instrument_of("BTC/USD", "crypto"),
}
PRICED = {
    OrderType.MARKET: {},
    OrderType.LIMIT: {"limit_price": Decimal(20)},
    OrderType.STOP: {"stop_price": Decimal(100_000)},
    OrderType.STOP_LIMIT: {"stop_price": Decimal(100_000), "limit_price": Decimal(100_000)},
    OrderType.TRAILING_STOP: {"trail_percent": Decimal(5)},
}
TIMES = [time for time in TimeInForce if time not in {TimeInForce.GTD, TimeInForce.OTHER}]


def tickets() -> Iterator[Ticket]:
    """Every type and time in force of every class, whole, fractional, for money, extended."""
    amounts: list[dict[str, Decimal]] = [
        {"quantity": Decimal(1)},
        {"quantity": Decimal("0.5")},
        {"notional": Decimal(100)},
    ]
    for instrument in INSTRUMENTS.values():
        for type, prices in PRICED.items():
            for time in TIMES:
                for extended in (False, True):
                    for amount in amounts:
                        yield ticket(instrument, type, time, prices | amount, extended=extended)


def ticket(
    instrument: Instrument,
    type: OrderType,
    time: TimeInForce,
    amounts: dict[str, Decimal],
    *,
    extended: bool,
) -> Ticket:
    terms = Terms(
        side=OrderSide.BUY,
        type=type,
        time_in_force=time,
        extended_hours=extended,
        **amounts,  # type: ignore[arg-type]  # all of them are amounts
    )
    name = f"{instrument.symbol}-{type}-{time}-{extended}-{sorted(amounts.items())}"
    return Ticket(account="A", client_order_id=name[:128], instrument=instrument, terms=terms)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        running.paper.cash = Decimal(10) ** 12
        yield running


@pytest.fixture
async def line(box: Sandbox) -> AsyncIterator[Line]:
    async with Desk().line(box) as opened:
        yield opened


AUCTIONS = {TimeInForce.OPG, TimeInForce.CLS}
AT_ONCE = {TimeInForce.IOC, TimeInForce.FOK}


def why_not_declared(one: Ticket) -> str:
    """Why we do not offer what the sandbox takes: so far it is laxer than the vendor's page."""
    terms = one.terms
    if one.instrument.asset_class is AssetClass.OPTION:
        return "options: market and limit, whole contracts, regular hours (OpenAPI 2026-06)"
    if terms.extended_hours:
        return "extended hours: limit orders for the day or until canceled (OpenAPI 2026-06)"
    if terms.type not in {OrderType.MARKET, OrderType.LIMIT} and terms.time_in_force in AUCTIONS:
        return "auctions: market and limit orders (OpenAPI 2026-06)"
    if terms.type not in {OrderType.MARKET, OrderType.LIMIT} and terms.time_in_force in AT_ONCE:
        return "stops at once: no source says either way, so not offered"
    return ""


async def taken(line: Line) -> list[Ticket]:
    """Every ticket that the sandbox accepts."""
    found = []
    for one in tickets():
        with suppress(Refused):
            await line.place(one)
            found.append(one)
    return found


async def test_all_that_is_declared_is_taken_and_the_rest_is_left_out_for_a_reason(
    line: Line,
) -> None:
    observed = await taken(line)
    declared = [one for one in tickets() if not objections(one, CAPABILITIES)]
    assert declared
    assert [one.client_order_id for one in declared if one not in observed] == []
    surplus = {why_not_declared(one) for one in observed if one not in declared}
    assert "" not in surplus
    # One that is gone means that the sandbox has become as strict: take its reason out.
    assert len(surplus) == 4


def test_each_line_names_its_proof() -> None:
    named = set(CAPABILITIES.proof)
    assert {f"trades.{one}" for one in CAPABILITIES.trades} <= named
    assert {f"pushes.{one}" for one in CAPABILITIES.pushes} <= named
    assert {"replacing", "rate", "find_horizon"} <= named
    assert CAPABILITIES.replacing is Replacing.NEW_ID
    assert CAPABILITIES.pushes == {Pushed.ORDERS, Pushed.MARKS}
