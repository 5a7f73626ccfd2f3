"""Coinbase's orders as reports, and tickets as its bodies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.coinbase.orders import differs, placed, report, terms, update
from brokers.coinbase.symbols import pair_of
from brokers.coinbase.tickets import edit, placement
from brokers.wire import Row
from domain.errors import InvalidTicket, Unintelligible
from domain.facts import facts_of, join
from domain.order import OrderClass, OrderSide, OrderStatus, OrderType, Terms, TimeInForce
from domain.sums import summed
from domain.ticket import Ticket
from tests.brokers.coinbase.rows import HEARD, NOW, order, streamed

D = Decimal
KNOWN = terms(order())


def ticket(**asked: Any) -> Ticket:
    usual: dict[str, Any] = {
        "side": OrderSide.BUY,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "quantity": D("0.5"),
        "limit_price": D(50_000),
    }
    wanted = Terms(**(usual | asked))
    return Ticket(account="A", client_order_id="bg-1", instrument=pair_of("BTC-USD"), terms=wanted)


def configured(**asked: Any) -> Mapping[str, Any]:
    found = placement(ticket(**asked))["order_configuration"]
    assert isinstance(found, dict)
    return found


def test_an_order_is_read_with_its_terms_and_its_time() -> None:
    told = report(order(), HEARD)
    assert (told.broker_order_id, told.client_order_id) == ("o-1", "bg-1")
    assert told.instrument.symbol == "BTC/USD"
    assert (told.status, told.working) == (OrderStatus.NEW, True)
    assert told.terms == ticket().terms
    assert told.stamp.time == datetime(2026, 6, 1, 11, 30, tzinfo=UTC)
    assert told.average_price is None
    assert told.reason is None


def test_without_a_time_of_its_own_it_is_dated_by_when_it_was_asked_for() -> None:
    assert report(order(last_update_time=None), HEARD).stamp.time == NOW
    assert report(order(last_update_time="0001-01-01T00:00:00Z"), HEARD).stamp.time == NOW


@pytest.mark.parametrize(
    ("word", "filled", "expected"),
    [
        ("PENDING", "0", OrderStatus.NEW),
        ("QUEUED", "0", OrderStatus.NEW),
        ("OPEN", "0", OrderStatus.NEW),
        ("OPEN", "0.1", OrderStatus.PARTIALLY_FILLED),
        ("FILLED", "0.5", OrderStatus.FILLED),
        ("CANCELLED", "0.1", OrderStatus.CANCELED),
        ("EXPIRED", "0", OrderStatus.EXPIRED),
        ("FAILED", "0", OrderStatus.REJECTED),
        ("FAILED", "0.1", OrderStatus.CANCELED),
        ("CANCEL_QUEUED", "0.1", OrderStatus.PENDING_CANCEL),
        ("EDIT_QUEUED", "0", OrderStatus.PENDING_REPLACE),
        ("UNKNOWN_ORDER_STATUS", "0", OrderStatus.UNKNOWN),
        ("SOMETHING_NEW", "0", OrderStatus.UNKNOWN),
    ],
)
def test_a_status_is_what_it_means(word: str, filled: str, expected: OrderStatus) -> None:
    assert report(order(status=word, filled_size=filled), HEARD).status is expected
    row = streamed(status=word, cumulative_quantity=filled)
    assert update(row, HEARD, NOW, KNOWN).status is expected


def test_a_filled_quantity_that_cannot_be_read_is_not_none() -> None:
    assert report(order(filled_size=""), HEARD).filled_quantity == 0
    with pytest.raises(Unintelligible):
        report(order(filled_size="much"), HEARD)
    with pytest.raises(Unintelligible):
        update(streamed(cumulative_quantity="much"), HEARD, NOW, KNOWN)


def test_an_edit_that_took_effect_is_in_the_terms_whatever_the_configuration_says() -> None:
    edits = [
        {"price": "3", "size": "3", "replace_accept_timestamp": ""},
        {"price": "2", "size": "2", "replace_accept_timestamp": "2026-06-01T11:20:00Z"},
        {"price": "9", "size": "9", "replace_accept_timestamp": "2026-06-01T11:10:00Z"},
    ]
    said = terms(order(edit_history=edits))
    assert (said.quantity, said.limit_price) == (D(2), D(2))


@pytest.mark.parametrize(
    ("configuration", "kind", "life", "order_class"),
    [
        ({"market_market_ioc": {"quote_size": "10"}}, "MARKET", "IOC", "SIMPLE"),
        ({"market_market_fok": {"base_size": "1"}}, "MARKET", "FOK", "SIMPLE"),
        ({"sor_limit_ioc": {"base_size": "1", "limit_price": "2"}}, "LIMIT", "IOC", "SIMPLE"),
        ({"trigger_bracket_gtc": {"base_size": "1"}}, "LIMIT", "GTC", "OCO"),
        ({"twap_limit_gtd": {"base_size": "1"}}, "OTHER", "GTD", "SIMPLE"),
        ({"something_new": {"base_size": "1"}}, "LIMIT", "GTC", "SIMPLE"),
        ({}, "LIMIT", "GTC", "SIMPLE"),
        (None, "LIMIT", "GTC", "SIMPLE"),
    ],
)
def test_a_configuration_says_type_and_life(
    configuration: object, kind: str, life: str, order_class: str
) -> None:
    said = terms(order(order_configuration=configuration))
    assert (said.type, said.time_in_force, said.order_class) == (kind, life, order_class)
    assert (said.notional is None) == (configuration != {"market_market_ioc": {"quote_size": "10"}})


def test_an_update_has_the_terms_that_are_known_and_no_quantity_of_its_own() -> None:
    told = update(streamed(status="CANCELLED", leaves_quantity="0"), HEARD, NOW, KNOWN)
    assert told.terms.quantity == D("0.5")
    assert told.stamp.time == NOW


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"cumulative_quantity": "0.2", "leaves_quantity": "0.3"}, False),
        ({"status": "CANCELLED", "leaves_quantity": "0"}, False),
        ({"limit_price": ""}, False),
        ({"limit_price": "51000"}, True),
        ({"leaves_quantity": "0.7"}, True),
    ],
)
def test_an_edit_is_noticed_by_what_the_stream_does_tell(
    fields: dict[str, str], expected: object
) -> None:
    assert differs(streamed(**fields), KNOWN) is expected


def test_the_answer_to_a_placement_gives_way_to_whatever_else_is_heard() -> None:
    reply = facts_of(placed(ticket(), "o-1", HEARD))
    polled = facts_of(report(order(), HEARD))
    assert summed(reply).status is OrderStatus.PENDING_NEW
    assert summed(join(reply, polled)).status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"type": OrderType.MARKET, "time_in_force": TimeInForce.IOC, "limit_price": None},
            {"market_market_ioc": {"base_size": "0.5"}},
        ),
        (
            {
                "type": OrderType.MARKET,
                "time_in_force": TimeInForce.IOC,
                "quantity": None,
                "notional": D("10.50"),
                "limit_price": None,
            },
            {"market_market_ioc": {"quote_size": "10.50"}},
        ),
        ({}, {"limit_limit_gtc": {"base_size": "0.5", "limit_price": "50000"}}),
        (
            {"time_in_force": TimeInForce.FOK, "quantity": D("1E-8")},
            {"limit_limit_fok": {"base_size": "0.00000001", "limit_price": "50000"}},
        ),
        (
            {"time_in_force": TimeInForce.GTD, "expires_at": NOW},
            {
                "limit_limit_gtd": {
                    "base_size": "0.5",
                    "limit_price": "50000",
                    "end_time": "2026-06-01T12:00:00Z",
                }
            },
        ),
        (
            {"type": OrderType.STOP_LIMIT, "side": OrderSide.SELL, "stop_price": D(49_000)},
            {
                "stop_limit_stop_limit_gtc": {
                    "base_size": "0.5",
                    "limit_price": "50000",
                    "stop_price": "49000",
                    "stop_direction": "STOP_DIRECTION_STOP_DOWN",
                }
            },
        ),
    ],
)
def test_a_ticket_is_written_as_its_configuration(
    asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert configured(**asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"time_in_force": TimeInForce.DAY},
        {"type": OrderType.STOP},
        {"order_class": OrderClass.OCO},
        {"extended_hours": True},
        {"quantity": None, "notional": D(10)},
        {"time_in_force": TimeInForce.GTD},
    ],
)
def test_what_coinbase_has_no_word_for_is_not_sent(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidTicket):
        configured(**asked)


def test_an_edit_names_both_price_and_size() -> None:
    known = report(order(), HEARD)
    body = edit(known, replace(known.terms, limit_price=D(51_000)))
    assert body == {"order_id": "o-1", "price": "51000", "size": "0.5"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"order_configuration": {"limit_limit_fok": {"base_size": "1"}}}, {}),
        ({}, {"time_in_force": TimeInForce.GTD}),
        ({}, {"limit_price": None}),
        ({}, {"quantity": None}),
    ],
)
def test_only_price_and_size_of_a_gtc_limit_order_can_be_changed(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    known = report(order(**old), HEARD)
    with pytest.raises(InvalidTicket):
        edit(known, replace(known.terms, **new))


# Hypothesis: nothing that Coinbase could send does more harm than being unintelligible.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["OPEN", "BUY", "0.1", "1e400", "-1", "0001-01-01T00:00:00Z", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = [*order(), *streamed(), "base_size", "stop_price", "price", "size"]
BODIES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=12)


@given(BODIES)
def test_no_body_breaks_a_reader_and_none_that_is_unknown_is_an_end(fields: dict[str, Any]) -> None:
    for row in (Row(fields, "it"), order(**fields), streamed(**fields)):
        try:
            told = [report(row, HEARD), update(row, HEARD, NOW, KNOWN)]
        except Unintelligible:
            continue
        for one in told:
            known = one.raw_status in {"FILLED", "CANCELLED", "EXPIRED", "FAILED"}
            assert one.status.terminal <= known
        differs(row, KNOWN)


@given(st.permutations(["OPEN", "EDIT_QUEUED", "CANCEL_QUEUED", "FILLED"]), st.data())
def test_updates_in_any_order_and_any_number_say_the_same(
    words: list[str], data: st.DataObject
) -> None:
    reports = [
        update(
            streamed(status=word, cumulative_quantity="0.5" if word == "FILLED" else "0.1"),
            HEARD,
            NOW + timedelta(seconds=at),
            KNOWN,
        )
        for at, word in enumerate(words)
    ]
    again = data.draw(st.lists(st.sampled_from(reports), max_size=5))
    facts = [facts_of(one) for one in data.draw(st.permutations(reports + again))]
    joined = facts[0]
    for one in facts[1:]:
        joined = join(joined, one)
    assert summed(joined).status is OrderStatus.FILLED
