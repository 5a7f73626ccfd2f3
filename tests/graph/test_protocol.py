"""Whatever arrives on a socket is a message or a violation, never an exception of another kind."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.protocol import Close, Complete, Init, Ping, Pong, Subscribe, Violation, brief, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
TYPES = st.sampled_from(["connection_init", "subscribe", "complete", "ping", "pong", "next", "x"])


def code_of(text: str) -> Close | None:
    """What a text is closed for, None if it is a message."""
    try:
        read(text)
    except Violation as violation:
        return violation.code
    return None


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_a_message_or_a_violation(text: str) -> None:
    assert code_of(text) in {None, Close.BAD_MESSAGE}


@given(TYPES, st.dictionaries(st.sampled_from(["id", "payload", "query"]), JSON))
def test_any_shape_is_a_message_or_a_violation(type: str, rest: dict[str, Any]) -> None:
    assert code_of(json.dumps({**rest, "type": type})) in {None, Close.BAD_MESSAGE}


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "1",
        '"x"',
        "",
        "{",
        "[" * 100_000,
        "{}",
        '{"type":"start"}',
        '{"type":"connection_ack"}',
        '{"type":["ping"]}',
        '{"type":"connection_init","payload":1}',
        '{"type":"ping","payload":"x"}',
        '{"type":"pong","payload":[]}',
        '{"type":"complete"}',
        '{"type":"complete","id":[]}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":null}',
        '{"type":"subscribe","id":"1","payload":"x"}',
        '{"type":"subscribe","id":"1","payload":{}}',
        '{"type":"subscribe","id":"1","payload":{"query":7}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}',
        '{"type":"subscribe","id":1,"payload":{"query":"{a}"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
        '{"type":"subscribe","id":[],"payload":{"query":"{a}"}}',
        json.dumps({"type": "complete", "id": "x" * 1000}),
    ],
)
def test_every_known_malformation_is_a_bad_message(text: str) -> None:
    with pytest.raises(Violation) as caught:
        read(text)
    assert caught.value.code is Close.BAD_MESSAGE
    assert len(brief(caught.value.reason)) <= 123


def test_messages_are_read() -> None:
    assert read('{"type":"connection_init","payload":null}') == Init({})
    assert read('{"type":"connection_init"}') == Init({})
    assert read('{"type":"ping","payload":{"a":1}}') == Ping({"a": 1})
    assert read('{"type":"pong"}') == Pong()
    assert read('{"type":"complete","id":"1"}') == Complete("1")
    subscribe = read(
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":null,'
        '"operationName":null,"extensions":{"x":1}}}'
    )
    assert isinstance(subscribe, Subscribe)
    assert subscribe.request.query == "{a}"
