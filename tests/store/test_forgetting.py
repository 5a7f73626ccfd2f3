"""Who is deleted is gone from every table; what stays proves only that somebody was there."""

from dataclasses import replace

import pytest
from tortoise.context import get_current_context

from domain.access import Identity, LinkUse, Role, Scope
from domain.audit import AuditEntry
from domain.changes import Revocation
from domain.ids import UserId
from domain.risk import Limits, TradingScope, TradingState
from store.models import AuditSeal, Stream
from store.risk_limits import RiskLimits
from store.trading_states import TradingStates
from tests.store.house import House
from tests.store.samples import ACCOUNT

KEPT = {"stream", "audit_seal", "journal"}


async def rows(house: House, user: UserId) -> dict[str, int]:
    """How many rows of each table have the user's id in any column."""
    context = get_current_context()
    assert context is not None
    assert context.apps is not None
    found = {}
    for model in context.apps["store"].values():
        every = await model.all().values()
        found[model._meta.db_table] = sum(user in map(str, _parts(row)) for row in every)
    return {table: count for table, count in found.items() if count}


def _parts(row: dict[str, object]) -> list[str]:
    """Each column's text, and the parts of those that are made of several."""
    return [part for value in row.values() for part in (str(value), *str(value).split(":"))]


async def peopled(house: House, name: str) -> UserId:
    """A user with something in most tables."""
    user = (await house.users.create(name, "correct horse", Role.USER)).id
    later = house.clock.now().replace(year=2030)
    connection = await house.connect(user)
    (account,) = await house.connections.link(
        user, connection.id, [replace(ACCOUNT, number=f"PA-{name}")]
    )
    await house.tokens.issue(user, name="t", scopes=[Scope.READ], accounts=[account.id])
    await house.sign_ins.open(user, agent="", address="", expires_at=later)
    await house.links.issue(user, later, LinkUse.PASSWORD)
    await house.second_factors.enrol(user)
    await house.second_factors.replace_codes(user)
    await house.identities.link(user, Identity(issuer="https://id.example", subject=name))
    await house.sync_runs.request(user, connection.id)
    await RiskLimits(house.writer).set(user, TradingScope.USER, user, Limits())
    states = TradingStates(house.writer)
    await states.set(user, TradingScope.ACCOUNT, account.id, TradingState.HALTED)
    at = house.clock.now()
    entry = AuditEntry(at=at, actor=user, action="sign in", outcome="OK", detail={"by": "link"})
    await house.audit.append(user, entry)
    return user


async def test_nothing_is_left_of_who_was_deleted_and_all_of_the_others(house: House) -> None:
    ada, eve = await peopled(house, "ada"), await peopled(house, "eve")
    before, others = await rows(house, ada), await rows(house, eve)
    assert len(before) > 12
    await house.users.delete(ada)
    await house.audit.close(ada)
    assert set(await rows(house, ada)) == KEPT
    assert await rows(house, eve) == others
    assert await house.users.by_name("ada") is None
    assert (await house.users.create("ada", None, Role.USER)).id != ada


async def test_sockets_are_told_and_the_audit_still_verifies(house: House) -> None:
    ada = await peopled(house, "ada")
    await house.users.delete(ada)
    await house.audit.close(ada)
    (left,) = await house.journal.after(ada, 0)
    assert left.value == Revocation(subject=None, reason="the user was deleted")
    assert house.committed[-1] == left
    assert (await house.audit.verify(ada)).ok
    seal, stream = await AuditSeal.get(user_id=ada), await Stream.get(user_id=ada)
    assert (seal.sequence, seal.hash) == (stream.audit_sequence, stream.audit_head)


@pytest.mark.parametrize("name", ["nobody"])
async def test_deleting_nobody_harms_nobody(house: House, name: str) -> None:
    eve = await peopled(house, "eve")
    before = await rows(house, eve)
    await house.users.delete(UserId(name))
    assert await rows(house, eve) == before
