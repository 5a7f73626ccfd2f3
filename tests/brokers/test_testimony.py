"""What a witness prints is read whole or not at all."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.testimony import sightings
from domain.errors import Unintelligible
from domain.witness import Subject

NUMBER = "PA1234567"


def printed(**lists: Any) -> bytes:
    """A testimony with these lists in place of empty ones."""
    empty: dict[str, Any] = {"accounts": [], "balances": [], "positions": [], "orders": []}
    return json.dumps({**empty, **lists}).encode()


def position(**fields: Any) -> dict[str, Any]:
    """A position as it is printed."""
    return {"account": NUMBER, "asset_class": "EQUITY", "symbol": "AAPL", **fields}


def test_a_position_is_read_exactly_under_a_masked_account() -> None:
    row = position(quantity="-0.123456789012345678", price=None)
    (found,) = sightings(printed(positions=[row]))
    assert (found.subject, found.account, found.key) == (
        Subject.POSITION,
        "•••4567",
        "EQUITY AAPL",
    )
    assert found.said == {"quantity": Decimal("-0.123456789012345678"), "price": None}


def test_an_order_tells_since_when() -> None:
    row = {"account": NUMBER, "id": "x", "submitted_at": "2026-11-20T12:00:00Z", "side": "BUY"}
    (found,) = sightings(printed(orders=[row]))
    assert found.since is not None
    assert found.since.isoformat() == "2026-11-20T12:00:00+00:00"
    assert found.said == {"side": "BUY"}


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"null",
        b'{"accounts": []}',
        b'{"failed": "APIError"}',
        printed(positions=None),
        printed(positions=["AAPL"]),
        printed(positions=[{"account": NUMBER}]),
        printed(positions=[position(quantity="many")]),
        printed(positions=[position(quantity=[1])]),
        printed(positions=[position(quantity="NaN")]),
        printed(positions=[position(), position()]),
    ],
)
def test_half_a_testimony_is_none(bad: bytes) -> None:
    with pytest.raises(Unintelligible):
        sightings(bad)


@given(st.binary(max_size=200))
def test_bytes_that_mean_nothing_raise_nothing_else(bad: bytes) -> None:
    with pytest.raises(Unintelligible):
        sightings(bad)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_field_is_read_or_refused(value: Any) -> None:
    try:
        (found,) = sightings(printed(positions=[position(quantity=value)]))
    except Unintelligible:
        return
    assert found.said["quantity"] is None or isinstance(found.said["quantity"], Decimal)
