"""What a refusal means, whatever it looks like."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.alpaca.errors import Doubtful, allowance, refusal, retry_after, said_in
from brokers.gate import Call, Purpose
from brokers.http import Answer
from brokers.outcomes import Duplicate
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    ErrorCode,
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
from tests.recordings import RECORDINGS, needs_recordings

RECORDED = RECORDINGS / "alpaca" / "errors"
PLACING = Call(operation="place", purpose=Purpose.TRADE, method="POST", path="/v2/orders")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def meaning(
    status: int, body: str = "", purpose: Purpose = Purpose.TRADE, path: str = "/v2/orders"
) -> BrokerError | None:
    call = Call(operation="it", purpose=purpose, method="POST", path=path)
    return refusal(Answer(status=status, headers={}, body=body.encode()), call, NOW)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, "", CredentialsRejected),
        (401, "<html>", CredentialsRejected),
        (403, "", Doubtful),
        (403, '{"message": "forbidden."}', Doubtful),
        (403, '{"code": "forbidden", "message": "forbidden"}', Doubtful),
        (403, '{"code": 40310000, "message": "account is not allowed to short"}', NotPermitted),
        (403, '{"code": 40310000, "message": "insufficient qty available"}', InsufficientFunds),
        (403, '{"code": 40310100, "message": "pattern day trading protection"}', NotPermitted),
        (404, '{"code": 40410000, "message": "order not found"}', OrderNotFound),
        (422, '{"code": 42210000, "message": "market is closed"}', MarketClosed),
        (429, "", RateLimited),
        (307, "", Unintelligible),
        (408, "", OutcomeUnknown),
        (500, '{"message": "internal"}', OutcomeUnknown),
        (502, "<html><body>Bad Gateway</body></html>", OutcomeUnknown),
        (504, "", OutcomeUnknown),
    ],
)
def test_a_status_and_a_body_mean(status: int, body: str, expected: type[BrokerError]) -> None:
    assert type(meaning(status, body)) is expected


@pytest.mark.parametrize("status", [200, 201, 204, 207])
def test_a_success_is_no_refusal(status: int) -> None:
    assert meaning(status) is None


def test_a_read_that_fails_at_alpaca_is_not_called_an_unknown_outcome() -> None:
    told = meaning(502, purpose=Purpose.READ)
    assert told is not None
    assert told.code is ErrorCode.BROKER_UNREACHABLE


def test_an_order_that_cannot_be_canceled_is_refused() -> None:
    told = meaning(422, '{"message": "order is not cancelable"}', Purpose.CANCEL)
    assert type(told) is Refused


@given(status=st.integers(300, 599), body=st.binary(max_size=300), purpose=st.sampled_from(Purpose))
def test_whatever_is_no_success_is_an_error_and_a_4xx_never_an_unknown_outcome(
    status: int, body: bytes, purpose: Purpose
) -> None:
    call = Call(operation="it", purpose=purpose, method="POST", path="/v2/orders")
    told = refusal(Answer(status=status, headers={}, body=body), call, NOW)
    assert isinstance(told, BrokerError)
    assert len(told.message) <= 220
    assert "<" not in told.message
    if status >= 500:
        assert isinstance(told, OutcomeUnknown)
    elif 400 <= status != 408:
        assert isinstance(told, Refused)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "5"}, 5.0),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30.0),
        ({"X-RateLimit-Reset": "1"}, 0.0),
        ({"Retry-After": "9" * 400}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, NOW) == expected


def test_what_is_left_of_the_limit_is_read_from_any_answer() -> None:
    headers = {"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": str(int(NOW.timestamp()))}
    told = allowance(headers)
    assert told is not None
    assert (told.remaining, told.resets_at) == (7, NOW)
    assert allowance({}) is None
    assert allowance({"X-RateLimit-Remaining": "²"}) is None


def test_a_code_is_never_relied_upon() -> None:
    assert said_in(b"[]").code is None
    assert said_in(b'{"message": null}').message == ""
    assert said_in(b'{"code": "invalid_input", "message": "x"}').code == "invalid_input"


@needs_recordings
@pytest.mark.parametrize(
    ("name", "status", "expected", "code"),
    [
        ("400_40010000_body_format.json", 400, InvalidTicket, "40010000"),
        ("401_40110000_unauthorized.json", 401, CredentialsRejected, "40110000"),
        ("401_unauthorized_no_code.json", 401, CredentialsRejected, None),
        ("403_40310000_insufficient_buying_power.json", 403, InsufficientFunds, "40310000"),
        ("403_forbidden_bad_keys.json", 403, Doubtful, None),
        ("422_40010001_client_order_id_dup.json", 422, Duplicate, "40010001"),
        ("422_42210001_validation.json", 422, InvalidTicket, "42210001"),
        ("429_rate_limit.json", 429, RateLimited, None),
    ],
)
def test_a_recorded_refusal_means_what_it_should(
    name: str, status: int, expected: type[Refused], code: str | None
) -> None:
    answer = Answer(status=status, headers={}, body=(RECORDED / name).read_bytes())
    told = refusal(answer, PLACING, NOW)
    assert type(told) is expected
    assert told.broker_code == code


@needs_recordings
def test_every_recorded_refusal_is_a_refusal() -> None:
    names = sorted(RECORDED.glob("*.json"))
    assert names
    for path in names:
        answer = Answer(status=int(path.name[:3]), headers={}, body=path.read_bytes())
        assert isinstance(refusal(answer, PLACING, NOW), Refused)
