"""Alpaca's activities as transactions: every type, every shape, every page."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

import sandbox
from brokers.alpaca.activities import transaction
from brokers.wire import Row, document, rows
from domain.errors import BrokerError, Unintelligible
from domain.transaction import (
    Transaction,
    TransactionCategory,
    TransactionStatus,
    TransactionType,
)
from sandbox import Sandbox
from sandbox.account import MovementKind
from tests.brokers.desk import Desk, Hurried
from tests.recordings import RECORDINGS, needs_recordings

RECORDED = RECORDINGS / "alpaca"
ID = "20260601000000000::047e252a-a8a3-4e35-84e2-29814cbf5057"


def booked(type: str, **more: object) -> Transaction:
    body = {"id": ID, "activity_type": type, "date": "2026-06-01", "net_amount": "5"}
    return transaction(Row(body | more, "the activity"))


def fill(**more: object) -> Transaction:
    body: dict[str, object] = {
        "id": ID,
        "activity_type": "FILL",
        "transaction_time": "2026-06-02T02:30:00.5Z",
        "side": "buy",
        "qty": "2",
        "price": "1.5",
        "symbol": "AAPL",
    }
    return transaction(Row(body | more, "the activity"))


@pytest.mark.parametrize(
    ("body", "quantity", "amount", "currency", "held"),
    [
        ({}, "2", "-3.0", "USD", "EQUITY:AAPL:USD"),
        ({"side": "sell"}, "-2", "3.0", "USD", "EQUITY:AAPL:USD"),
        ({"symbol": "AAPL260619C00190000"}, "2", "-300.0", "USD", "OPTION:AAPL  260619C00190000"),
        ({"symbol": "ETH/BTC"}, "2", "-3.0", "BTC", "CRYPTO:ETH"),
        ({"symbol": "BTCUSD", "side": "sell_short"}, "-2", "3.0", "USD", "CRYPTO:BTC"),
        ({"symbol": "BRK.B"}, "2", "-3.0", "USD", "EQUITY:BRK.B:USD"),
    ],
)
def test_a_fill_moves_units_one_way_and_cash_the_other(
    body: dict[str, object], quantity: str, amount: str, currency: str, held: str
) -> None:
    traded = fill(**body)
    assert (traded.quantity, traded.amount) == (Decimal(quantity), Decimal(amount))
    assert traded.currency == currency
    assert traded.instrument is not None
    assert traded.instrument.id == held


def test_the_day_of_a_fill_is_new_yorks() -> None:
    assert fill().day == date(2026, 6, 1)
    assert fill().at == datetime(2026, 6, 2, 2, 30, 0, 500_000, tzinfo=UTC)


def test_of_an_entry_that_has_only_a_day_the_moment_is_its_beginning_in_new_york() -> None:
    assert booked("DIV").at == datetime(2026, 6, 1, 4, tzinfo=UTC)
    assert booked("DIV", date=None).day == date(2026, 6, 1)
    with pytest.raises(Unintelligible):
        booked("DIV", date="soon", id="x")


def test_the_shares_that_were_paid_a_dividend_are_not_units_that_moved() -> None:
    dividend = booked("DIV", qty="2", per_share_amount="0.51", symbol="T")
    assert (dividend.quantity, dividend.price) == (None, Decimal("0.51"))
    assert booked("JNLS", qty="-2").quantity == -2


@pytest.mark.parametrize(
    ("type", "more", "wanted"),
    [
        ("INT", {"net_amount": "-2"}, TransactionType.INTEREST_CHARGED),
        ("INT", {}, TransactionType.INTEREST),
        ("FOPT", {"qty": "-1"}, TransactionType.ASSET_OUT),
        ("FOPT", {"qty": "1"}, TransactionType.ASSET_IN),
        ("NEWLY", {}, TransactionType.OTHER),
        ("MEM", {}, TransactionType.OTHER),
    ],
)
def test_signs_tell_and_what_nobody_knows_is_kept(
    type: str, more: dict[str, object], wanted: TransactionType
) -> None:
    assert (booked(type, **more).type, booked(type, **more).raw_type) == (wanted, type)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("executed", TransactionStatus.POSTED),
        ("correct", TransactionStatus.CORRECTED),
        ("canceled", TransactionStatus.CANCELED),
        ("reviewed", TransactionStatus.UNKNOWN),
    ],
)
def test_a_status_is_read(word: str, wanted: TransactionStatus) -> None:
    assert booked("FEE", status=word).status is wanted


@needs_recordings
def test_every_type_that_alpaca_documents_is_known() -> None:
    spec = json.loads((RECORDED / "openapi" / "trading-api.json").read_text())
    documented = set(spec["components"]["schemas"]["ActivityType"]["enum"]) - {"FILL", "MISC"}
    unknown = {
        word
        for word in documented
        if booked(word, qty="1").type.category is TransactionCategory.OTHER
    }
    assert unknown == set()


@needs_recordings
def test_what_was_recorded_is_read_whole() -> None:
    found = [
        row
        for path in sorted((RECORDED / "rest").rglob("*activities*.json"))
        for body in [document(path.read_bytes())]
        for row in rows(body if isinstance(body, list) else [body], path.name)
    ]
    assert len(found) > 5
    for row in found:
        one = transaction(row)
        assert one.amount is not None
        assert one.status is TransactionStatus.POSTED


# Over the wire


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        yield running


async def test_five_thousand_come_each_once_in_order_although_the_reading_is_cut(
    box: Sandbox,
) -> None:
    for _ in range(5_000):
        box.exchange.move_cash(box.paper, MovementKind.DIVIDEND, Decimal("0.01"))
    found: list[Transaction] = []
    token, cuts = None, 0
    while token is not None or not found:
        # A line of its own for each stretch, as after a restart: only the token is carried over.
        async with Desk(clock=Hurried()).line(box) as line:
            with suppress(BrokerError):
                for _ in range(20):
                    page = await line.transactions(box.paper.number, None, token)
                    found += page.transactions
                    token = page.token
                    if token is None:
                        break
                    if len(found) in {500, 2_700}:
                        cuts += 1
                        await box.inflict("error", path="/activities", count=9, status=500)
        box.faults.clear()
    assert cuts == 2
    ids = [one.broker_id for one in found]
    assert ids == sorted(set(ids))
    assert set(ids) >= {f"{m.at:%Y%m%d}000000000::{m.id}" for m in box.paper.movements}


async def test_since_is_when_it_was_booked(box: Sandbox) -> None:
    box.exchange.move_cash(box.paper, MovementKind.FEE, Decimal("-1"))
    async with Desk().line(box) as line:
        everything = await line.transactions(box.paper.number, None)
        assert TransactionType.FEE in {one.type for one in everything.transactions}
        later = box.exchange.clock().replace(year=2100)
        assert (await line.transactions(box.paper.number, later)).transactions == ()
