"""Bodies in JSON and XML come to one form, and nothing but Unintelligible comes of the rest."""

import json
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.etrade import errors
from brokers.etrade.body import read
from brokers.etrade.orders import Heard, reports
from brokers.etrade.transactions import transaction
from brokers.gate import Call, Purpose
from brokers.http import Answer
from brokers.wire import Row
from domain.errors import BrokerError, Unintelligible
from domain.facts import Source
from tests.clock import START

CALL = Call(operation="place", purpose=Purpose.TRADE, method="POST", path="/v1/orders/place")
HEARD = Heard(account="A", source=Source.POLL, at=START)
NAMES = st.sampled_from(["orderId", "Product", "status", "quantity", "Instrument", "code", "note"])
WORDS = st.text("abc123<&>\"' é", max_size=8).map(str.strip)
TREES = st.recursive(
    st.dictionaries(NAMES, WORDS, min_size=1, max_size=3),
    lambda inner: st.dictionaries(NAMES, WORDS | inner, min_size=1, max_size=3),
    max_leaves=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("Order", "OrderDetail", "Instrument", "Product", "orderId", "status"),
                    *("orderAction", "quantity", "orderedQuantity", "filledQuantity", "symbol"),
                    *("transactionId", "amount", "transactionDate", "brokerage", "strikePrice"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


def shown(row: Row) -> Any:
    return row._fields


def xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml(one)}</{name}>" for name, one in value.items())
    return escape(value)


@given(TREES)
def test_xml_and_json_say_the_same(tree: dict[str, Any]) -> None:
    told = f"<?xml version='1.0' encoding='UTF-8'?><Root>{xml(tree)}</Root>".encode()
    assert shown(read(told)) == shown(read(json.dumps({"Root": tree}).encode()))


@pytest.mark.parametrize(
    "body",
    [
        b'{"Accounts":{"Account":[{"accountId":"1"}]}}',
        b'{"accounts":{"account":{"accountId":"1"}}}',
        b'{"Accounts":{"Account":{"Account":{"accountId":"1"}}}}',
        b"<accounts><account><accountId>1</accountId></account></accounts>",
    ],
)
def test_one_is_a_list_of_one_however_it_comes(body: bytes) -> None:
    rows = read(body).need_row("accounts").rows("account")
    assert [row.text("accountId") for row in rows] == ["1"]


@pytest.mark.parametrize("body", [b"", b" \n", b'{"Accounts":{}}', b"<Accounts/>"])
def test_nothing_is_nothing(body: bytes) -> None:
    accounts = read(body).row("accounts")
    assert accounts is None or accounts.rows("account") == ()


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 100 + b"</a>" * 100,
        b"[" * 100 + b"]" * 100,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"<a><b></a>",
        b"\x00\xff not json",
    ],
)
def test_what_is_meant_to_harm_is_not_read(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        read(body)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_answered_is_an_error_of_a_broker_at_worst(body: bytes) -> None:
    for status in (200, 204, 302, 400, 401, 404, 429, 500):
        error = errors.refusal(Answer(status=status, headers={}, body=body), CALL, START)
        assert error is None or len(error.message) < 400
    try:
        row = read(body)
        list(reports(row, HEARD))
    except BrokerError:
        pass


@given(JSON)
def test_whatever_is_listed_is_read_or_unintelligible(value: Any) -> None:
    body = json.dumps({"Root": {"Order": value, "Transaction": value}}).encode()
    try:
        root = read(body).need_row("root")
        for row in root.rows("order"):
            list(reports(row, HEARD))
        for row in root.rows("transaction"):
            transaction(row)
    except Unintelligible:
        pass
