"""An intent moves one way, and only an order that is seen beats a conclusion."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import intent as moves
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, ConnectionId, IntentId, OrderId, UserId
from domain.instrument import AssetClass, Instrument
from domain.intent import Intent, IntentKind, IntentState
from domain.money import EXACT
from domain.order import OrderSide, OrderType, Terms, TimeInForce

NOW = datetime(2026, 7, 1, 14, tzinfo=UTC)
INTENT = Intent(
    id=IntentId("i"),
    user_id=UserId("u"),
    connection_id=ConnectionId("c"),
    account_id=AccountId("a"),
    kind=IntentKind.PLACE,
    key="k",
    body="b",
    client_order_id=moves.new_client_order_id(),
    instrument=Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD"),
    terms=Terms(
        side=OrderSide.BUY,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(1),
    ),
    state=IntentState.PENDING,
    created_at=NOW,
    changed_at=NOW,
    deadline=NOW + timedelta(seconds=30),
    owner="",
)


def _send(intent: Intent) -> Intent:
    return moves.sending(intent, owner="o", now=NOW, deadline=NOW + timedelta(seconds=30))


def _place(intent: Intent) -> Intent:
    return moves.placed(intent, order=OrderId("order"), now=NOW)


def _refuse(intent: Intent) -> Intent:
    return moves.refused(intent, code=ErrorCode.BROKER_REFUSED, message="no", now=NOW)


def _lose(intent: Intent) -> Intent:
    return moves.unknown(intent, message="no answer", now=NOW)


def _drop(intent: Intent) -> Intent:
    return moves.not_placed(intent, code=ErrorCode.NOT_SENT, message="never", now=NOW)


STEPS = st.lists(st.sampled_from([_send, _place, _refuse, _lose, _drop]), max_size=12)


@given(STEPS)
def test_it_leaves_at_most_once_and_never_after_a_conclusion(steps: list) -> None:  # type: ignore[type-arg]  # functions of one kind
    intent, sent, concluded = INTENT, 0, False
    for step in steps:
        try:
            moved = step(intent)
        except Problem:
            continue
        if moved.state is IntentState.SENDING:
            sent += 1
            assert not concluded
        concluded = concluded or moved.state.definite
        intent = moved
    assert sent <= 1


@given(STEPS)
def test_an_order_that_is_seen_always_wins_and_for_ever(steps: list) -> None:  # type: ignore[type-arg]  # as above
    intent = INTENT
    for step in steps:
        if intent.state is IntentState.PLACED:
            break
        try:
            intent = step(intent)
        except Problem:
            continue
    placed = _place(intent)
    assert (placed.state, placed.order_id, placed.code) == (IntentState.PLACED, "order", None)
    for step in (_send, _refuse, _lose, _drop):
        with pytest.raises(Problem):
            step(placed)


def test_a_broker_that_lost_the_answer_cannot_refuse_it_later() -> None:
    with pytest.raises(Problem) as raised:
        _refuse(_lose(_send(INTENT)))
    assert raised.value.code is ErrorCode.CONFLICT


def test_the_same_body_written_otherwise_has_the_same_fingerprint() -> None:
    one = moves.fingerprint(IntentKind.PLACE, {"quantity": Decimal("1.0"), "side": OrderSide.BUY})
    two = moves.fingerprint(IntentKind.PLACE, {"side": "BUY", "quantity": Decimal("1.000")})
    assert one == two


@given(
    st.decimals(0, 10**19, allow_nan=False, allow_infinity=False, places=18),
    st.integers(1, 10**6),
)
@example(Decimal("10000000000.000000000000000001"), 1)
def test_another_quantity_has_another_fingerprint(quantity: Decimal, more: int) -> None:
    """Down to the last of the decimals that the store keeps."""
    added = EXACT.add(quantity, Decimal(more).scaleb(-18))
    one = moves.fingerprint(IntentKind.PLACE, {"quantity": quantity})
    two = moves.fingerprint(IntentKind.PLACE, {"quantity": added})
    assert one != two
    assert one != moves.fingerprint(IntentKind.CLOSE, {"quantity": quantity})


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("after", "settles", "horizon", "proves"),
    [
        (MINUTE, MINUTE, None, False),
        (2 * MINUTE, MINUTE, None, True),
        (2 * MINUTE, None, None, False),
        (timedelta(days=2), MINUTE, timedelta(days=1), False),
        (timedelta(hours=23), MINUTE, timedelta(days=1), True),
    ],
)
def test_absence_proves_only_after_the_broker_has_settled_and_within_sight(
    after: timedelta, settles: timedelta | None, horizon: timedelta | None, *, proves: bool
) -> None:
    sent = _send(INTENT)
    asked = sent.created_at + after
    assert moves.absence_proves(sent, asked_at=asked, settles=settles, horizon=horizon) is proves


def test_only_what_is_past_its_deadline_is_abandoned() -> None:
    sent = _send(INTENT)
    assert not moves.abandoned(sent, sent.deadline)
    assert moves.abandoned(sent, sent.deadline + timedelta(microseconds=1))
    assert not moves.abandoned(_place(sent), sent.deadline + MINUTE)


def test_a_ticket_carries_the_id_that_was_written_down() -> None:
    ticket = replace(INTENT, client_order_id="bg-1").ticket("NUMBER")
    assert (ticket.client_order_id, ticket.account) == ("bg-1", "NUMBER")
    assert len(INTENT.client_order_id) <= 48
