"""Consents that are waited for: sealed, answered once, in time."""

from datetime import timedelta

import pytest

from domain.connection import Connection
from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.consents import Awaited, Consents, digest
from store.vault import Vault
from tests.store.house import USER, House

EVE = UserId("eve")
KEPT = {"client_secret": "planted-app-secret", "redirect_uri": "https://here.example"}
WAIT = timedelta(minutes=10)


def awaited(house: House, connection: Connection, state: str = "state") -> Awaited:
    """Of this connection, for ten minutes."""
    return Awaited(
        user_id=connection.user_id,
        connection_id=connection.id,
        way="oauth",
        state=digest(state),
        session="browser",
        expires_at=house.clock.now() + WAIT,
        kept=KEPT,
    )


@pytest.fixture
def consents(house: House) -> Consents:
    return Consents(house.writer, house.vault)


async def _refused(consents: Consents, connection: ConnectionId, user: UserId = USER) -> ErrorCode:
    with pytest.raises(Problem) as refused:
        await consents.answer(user, connection)
    return refused.value.code


async def test_what_was_asked_with_comes_back_once(house: House, consents: Consents) -> None:
    connection = await house.connect()
    await consents.expect(awaited(house, connection), persist=True)
    found = await consents.by_state("state")
    assert found is not None
    assert (found.connection_id, found.session, dict(found.kept)) == (connection.id, "browser", {})
    assert (await consents.open(USER, connection.id)).kept == KEPT
    assert (await consents.answer(USER, connection.id)).kept == KEPT
    assert await _refused(consents, connection.id) is ErrorCode.CONFLICT
    assert await consents.awaited(USER) == ()


async def test_another_process_can_take_it_and_the_rows_tell_no_secret(
    house: House, consents: Consents
) -> None:
    connection = await house.connect()
    await consents.expect(awaited(house, connection), persist=True)
    other = Consents(house.writer, Vault(house.vault.keyring))
    rows = await house.db.client.execute_query_dict("SELECT * FROM consent")
    assert "planted" not in str(rows)
    assert rows[0]["state"] == digest("state") != "state"
    assert (await other.answer(USER, connection.id)).kept == KEPT
    rows = await house.db.client.execute_query_dict("SELECT * FROM consent")
    assert (rows[0]["sealed"], rows[0]["wrapped_key"]) == (None, None)


async def test_what_is_not_to_persist_is_in_memory_alone(house: House, consents: Consents) -> None:
    connection = await house.connect(persist=False)
    await consents.expect(awaited(house, connection), persist=False)
    (row,) = await house.db.client.execute_query_dict("SELECT * FROM consent")
    assert row["sealed"] is None
    other = Consents(house.writer, house.vault)
    assert await _refused(other, connection.id) is ErrorCode.CONSENT_EXPIRED
    assert (await consents.answer(USER, connection.id)).kept == KEPT


async def test_after_its_time_it_is_worth_nothing(house: House, consents: Consents) -> None:
    connection = await house.connect()
    await consents.expect(awaited(house, connection), persist=True)
    await house.clock.advance(WAIT.total_seconds())
    assert await _refused(consents, connection.id) is ErrorCode.CONSENT_EXPIRED


async def test_asking_again_replaces_it_and_disconnecting_forgets_it(
    house: House, consents: Consents
) -> None:
    connection = await house.connect()
    await consents.expect(awaited(house, connection, "first"), persist=True)
    await consents.expect(awaited(house, connection, "second"), persist=True)
    assert await consents.by_state("first") is None
    assert await consents.by_state("second") is not None
    await house.connections.disconnect(USER, connection.id)
    assert await consents.by_state("second") is None
    assert await _refused(consents, connection.id) is ErrorCode.NOT_FOUND


async def test_nobody_else_has_it(house: House, consents: Consents) -> None:
    connection = await house.connect()
    await consents.expect(awaited(house, connection), persist=True)
    assert await consents.of(EVE, connection.id) is None
    assert await _refused(consents, connection.id, EVE) is ErrorCode.NOT_FOUND
    assert (await consents.answer(USER, connection.id)).kept == KEPT
