"""Our signatures beside a verifier that was written from the specification alone."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.etrade.sign import Keys, signed
from domain.errors import NotPermitted
from sandbox.etrade.signatures import Clockwork, Unsigned, check, parameters

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=20)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE"])


def url_of(segment: str, params: dict[str, str]) -> str:
    query = f"?{urlencode(params, quote_via=quote, safe='')}" if params else ""
    return f"http://127.0.0.1:8808/v1/market/lookup/{quote(segment, safe='')}.json{query}"


@given(
    method=METHODS,
    segment=TEXT,
    params=st.dictionaries(TEXT, TEXT, max_size=4),
    secrets=st.tuples(TEXT, TEXT, TEXT, TEXT),
    verifier=st.none() | TEXT,
)
def test_every_signature_is_what_the_specification_says(
    method: str,
    segment: str,
    params: dict[str, str],
    secrets: tuple[str, str, str, str],
    verifier: str | None,
) -> None:
    consumer, secret, token, token_secret = secrets
    keys = Keys(
        consumer_key=consumer,
        consumer_secret=secret,
        token=token,
        token_secret=token_secret,
        verifier=verifier,
    )
    url = url_of(segment, params)
    told = parameters(signed(keys, method, url, NOW)["Authorization"])
    assert told["oauth_consumer_key"] == consumer
    assert told["oauth_token"] == token
    assert told["oauth_timestamp"] == str(int(NOW.timestamp()))
    check(method, url, told, secret, token_secret)


@pytest.mark.parametrize(
    ("method", "url", "secret", "token_secret"),
    [
        ("POST", "http://127.0.0.1/v1/a?x=1", "s", "t"),
        ("GET", "http://127.0.0.1/v1/a?x=2", "s", "t"),
        ("GET", "http://127.0.0.1/v1/a", "s", "t"),
        ("GET", "http://localhost/v1/a?x=1", "s", "t"),
        ("GET", "http://127.0.0.1/v1/a?x=1", "S", "t"),
        ("GET", "http://127.0.0.1/v1/a?x=1", "s", "T"),
    ],
)
def test_a_signature_is_good_for_one_request_alone(
    method: str, url: str, secret: str, token_secret: str
) -> None:
    keys = Keys(consumer_key="c", consumer_secret="s", token="n", token_secret="t")
    told = parameters(signed(keys, "GET", "http://127.0.0.1/v1/a?x=1", NOW)["Authorization"])
    check("GET", "http://127.0.0.1/v1/a?x=1", told, "s", "t")
    with pytest.raises(Unsigned, match="signature_invalid"):
        check(method, url, told, secret, token_secret)


def test_no_two_signatures_have_the_same_nonce() -> None:
    keys = Keys(consumer_key="c", consumer_secret="s")
    clockwork = Clockwork()
    for _ in range(100):
        clockwork.check(
            parameters(signed(keys, "GET", "http://127.0.0.1/", NOW)["Authorization"]), NOW
        )


def test_nothing_is_signed_for_an_address_that_everybody_can_read_along() -> None:
    keys = Keys(consumer_key="c", consumer_secret="s")
    with pytest.raises(NotPermitted, match="https"):
        signed(keys, "GET", "http://api.example/v1/accounts/list", NOW)


def test_keys_show_nothing() -> None:
    keys = Keys(consumer_key="ckey", consumer_secret="csec", token="tok", token_secret="tsec")
    assert not any(secret in repr(keys) for secret in ("ckey", "csec", "tok", "tsec"))
