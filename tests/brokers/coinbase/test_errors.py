"""What refusals mean: by status, by code, and inside of answers that say 200."""

import json

import pytest

from brokers.coinbase import errors
from brokers.gate import Call, Purpose
from brokers.http import Answer
from brokers.outcomes import Duplicate
from brokers.wire import Row
from domain.errors import (
    BrokerError,
    InstrumentNotFound,
    InsufficientFunds,
    InvalidTicket,
    MarketClosed,
    NotPermitted,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unintelligible,
)

PLACE = Call(operation="place", purpose=Purpose.TRADE, method="POST", path="/v3/orders")
LOOK = Call(operation="x", purpose=Purpose.READ, method="GET", path="/v3/products/{product_id}")
GRPC = {"error": "INVALID_ARGUMENT", "code": 3, "message": "said so", "error_details": "more"}
LISTED = {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}


def meaning(status: int, body: object, call: Call = PLACE, **headers: str) -> BrokerError | None:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return errors.refusal(Answer(status=status, headers=headers, body=text), call)


@pytest.mark.parametrize(
    ("status", "body", "call", "expected"),
    [
        (200, b"", PLACE, None),
        (400, GRPC, PLACE, InvalidTicket),
        (400, GRPC, LOOK, Refused),
        (400, {"message": "Insufficient balance"}, PLACE, InsufficientFunds),
        (400, {"error_details": "valid product_id is required"}, PLACE, InstrumentNotFound),
        (401, b"Unauthorized\n", PLACE, errors.Doubtful),
        (403, {"error_details": "Missing required scopes"}, PLACE, NotPermitted),
        (404, GRPC, PLACE, OrderNotFound),
        (404, GRPC, LOOK, InstrumentNotFound),
        (429, LISTED, PLACE, RateLimited),
        (500, b"<html><h1>Oops</h1></html>", PLACE, OutcomeUnknown),
        (503, GRPC, LOOK, OutcomeUnknown),
        (302, b"", LOOK, Unintelligible),
    ],
)
def test_a_status_means_what_it_should(
    status: int, body: object, call: Call, expected: type[BrokerError] | None
) -> None:
    told = meaning(status, body, call)
    assert told is None if expected is None else type(told) is expected


def test_every_shape_of_error_body_gives_its_code_and_words() -> None:
    assert errors.said_in(json.dumps(GRPC).encode()) == ("INVALID_ARGUMENT", "said so")
    assert errors.said_in(json.dumps(LISTED).encode()) == (
        "rate_limit_exceeded",
        "Too many requests",
    )
    assert errors.said_in(b"Unauthorized\n") == (None, "Unauthorized")
    assert errors.said_in(b"\xff<script>alert(1)</script>") == (None, "\ufffd alert(1)")
    assert errors.said_in(b"[]") == (None, "[]")


def test_how_long_to_wait_is_believed_only_where_it_is_told_in_seconds() -> None:
    told = [meaning(429, LISTED), meaning(429, LISTED, PLACE, **{"Retry-After": "3"})]
    assert [one.retry_after for one in told if isinstance(one, RateLimited)] == [None, 3]
    assert errors.allowance({"x-ratelimit-remaining": "7"}) is not None
    assert errors.allowance({"x-ratelimit-remaining": "soon"}) is None


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("INSUFFICIENT_FUND", InsufficientFunds),
        ("PREVIEW_INSUFFICIENT_FUNDS_FOR_ORDER", InsufficientFunds),
        ("INVALID_PRICE_PRECISION", InvalidTicket),
        ("INVALID_PRODUCT_ID", InstrumentNotFound),
        ("ORDER_ENTRY_DISABLED", MarketClosed),
        ("INELIGIBLE_PAIR", NotPermitted),
        ("DUPLICATE_CLIENT_ORDER_ID", Duplicate),
        ("SOMETHING_NEW", InvalidTicket),
    ],
)
def test_a_refusal_that_says_200_is_sorted_by_its_reason(
    reason: str, expected: type[Refused]
) -> None:
    for response in (
        {"error": reason, "message": "because"},
        {"error": "UNKNOWN_FAILURE_REASON", "preview_failure_reason": reason},
        {"new_order_failure_reason": reason, "error_details": "because"},
    ):
        told = errors.order_refusal(Row({"success": False, "error_response": response}, "it"))
        assert type(told) is expected
        assert told.broker_code == reason


def test_an_edit_tells_its_errors_as_an_object_or_as_a_list() -> None:
    why = {"edit_failure_reason": "CANNOT_EDIT_TO_BELOW_FILLED_SIZE"}
    for told in (why, [why]):
        refused = errors.order_refusal(Row({"success": False, "errors": told}, "it"))
        assert refused.broker_code == "CANNOT_EDIT_TO_BELOW_FILLED_SIZE"
    missing = Row({"success": False, "errors": [{"edit_failure_reason": "ORDER_NOT_FOUND"}]}, "it")
    assert isinstance(errors.order_refusal(missing), OrderNotFound)


def test_a_refused_cancel_is_no_wrong_ticket() -> None:
    assert isinstance(errors.cancel_refusal("UNKNOWN_CANCEL_ORDER"), OrderNotFound)
    for reason in ("COMMANDER_REJECTED_CANCEL_ORDER", None, "<b>x</b>"):
        told = errors.cancel_refusal(reason)
        assert type(told) is Refused
        assert "<" not in told.message
