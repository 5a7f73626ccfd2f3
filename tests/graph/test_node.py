"""Global ids: whatever a client sends, an id is ours or it names nothing."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import AccountId
from domain.instrument import AssetClass, Instrument
from graph.node import global_id, key_of, keys_of, position_id

KEY = st.text(min_size=1, max_size=60).filter(lambda text: ":" not in text)


@given(KEY)
def test_an_id_leads_back_to_its_key(key: str) -> None:
    assert keys_of(global_id("Order", key)) == ("Order", key)
    assert key_of("Order", global_id("Order", key)) == key


def test_a_position_leads_back_to_its_account_and_instrument() -> None:
    apple = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
    id = position_id(AccountId("a1"), apple.id)
    assert keys_of(id) == ("Position", "a1", "EQUITY:AAPL:USD")


@given(st.text())
def test_no_text_whatever_raises(text: str) -> None:
    assert key_of("Order", text) == "" or global_id("Order", key_of("Order", text)) == text


@pytest.mark.parametrize("inner", ["", "Order", "Order:", "Secret:1", "Position:a", ":", "Order1"])
def test_what_names_no_kind_or_no_key_names_nothing(inner: str) -> None:
    assert keys_of(urlsafe_b64encode(inner.encode()).decode().rstrip("=")) == ()


def test_an_id_of_another_kind_names_nothing() -> None:
    assert key_of("Order", global_id("Account", "1")) == ""


def test_an_id_has_one_spelling() -> None:
    assert keys_of(global_id("Order", "1") + "=") == ()
