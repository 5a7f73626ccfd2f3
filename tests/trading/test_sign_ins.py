"""What is asked of a person who signs in, and what of their answer is taken."""

from dataclasses import replace

import pytest

from brokers import plugins
from brokers.contract import Consent, Field, Keys
from domain.errors import ErrorCode, Problem
from trading.sign_ins import SignInKind, offer, typed, way_called, way_of

CALLBACK = "https://here.example/connect/callback"
FIELDS = (
    Field(name="key", label="Key", secret=True),
    Field(name="note", label="Note", secret=False, required=False),
)
ALPACA = plugins()["alpaca"]


def refused(values: dict[str, str], held: dict[str, str] | None = None) -> str:
    """Why."""
    with pytest.raises(Problem) as problem:
        typed(FIELDS, values, held or {})
    assert problem.value.code is ErrorCode.BAD_INPUT
    assert problem.value.field == "values"
    return problem.value.message


def test_what_is_optional_may_be_left_out_and_what_is_held_need_not_be_typed() -> None:
    assert typed(FIELDS, {"key": " k "}, {}) == {"key": "k"}
    assert typed(FIELDS, {"key": "k", "note": " "}, {}) == {"key": "k"}
    assert typed(FIELDS, {"key": "k", "note": "n"}, {}) == {"key": "k", "note": "n"}
    assert typed(FIELDS, {}, {"key": "held"}) == {"key": "held"}
    assert typed(FIELDS, {"key": "k"}, {"key": "held"}) == {"key": "k"}
    assert typed(FIELDS, {"key": "-----BEGIN\nKEY-----"}, {}) == {"key": "-----BEGIN\nKEY-----"}


def test_what_is_missing_malformed_or_not_asked_for_is_named_and_never_echoed() -> None:
    assert refused({}) == refused({"key": "  "}) == "key is missing or malformed"
    assert "planted" not in refused({"key": "planted\x00"})
    assert "malformed" in refused({"key": "k" * 5000})
    assert refused({"key": "k", "planted": "x"}) == "only these are asked for: key, note"
    with pytest.raises(Problem, match="nothing is asked for"):
        typed((), {"key": "k"}, {})


def test_an_offer_leaves_out_what_the_settings_hold() -> None:
    keys, consent = (offer(way, {"client_id": "x"}, CALLBACK) for way in ALPACA.sign_ins)
    assert (keys.kind, keys.callback_url) == (SignInKind.KEYS, None)
    assert [field.name for field in keys.fields] == ["key_id", "secret"]
    assert (consent.kind, consent.callback_url) == (SignInKind.CONSENT, CALLBACK)
    assert [field.name for field in consent.fields] == ["client_secret"]


def test_values_find_the_way_that_they_complete() -> None:
    keys, consent = ALPACA.sign_ins
    assert way_of(ALPACA, {"key_id": "k", "secret": "s"}) is keys
    assert way_of(ALPACA, {"code": "c", "state": "s"}) is consent
    assert way_of(ALPACA, {"error": "access_denied", "state": "s"}) is consent
    assert way_of(ALPACA, {"nonsense": "n"}) is keys
    assert way_called(ALPACA, None) is keys
    assert way_called(ALPACA, "oauth") is consent
    with pytest.raises(Problem, match="keys, oauth"):
        way_called(ALPACA, "telepathy")


def test_ways_of_every_broker_are_told_apart_by_their_names() -> None:
    for plugin in plugins().values():
        ways = [way.name for way in plugin.sign_ins]
        assert len(set(ways)) == len(ways)
        for way in plugin.sign_ins:
            fields = {field.name: "x" for field in way.fields if field.required}
            if isinstance(way, Keys) and fields:
                assert way_of(plugin, fields) is way
            if isinstance(way, Consent):
                came = dict.fromkeys((way.state, *way.returns), "x")
                assert way_of(plugin, came) is way


def test_another_sign_in_than_the_first_may_be_the_usual_one() -> None:
    turned = replace(ALPACA, sign_ins=ALPACA.sign_ins[::-1])
    assert way_called(turned, None).name == "oauth"
