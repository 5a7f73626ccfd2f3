"""Users, tokens, sign-ins and links."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import Identity, LinkUse, Role, Scope
from domain.changes import Change, Revocation
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, UserId
from store.access_models import LinkRow, SignInRow, TokenRow, UserRow
from tests.clock import START
from tests.store.house import USER, House
from tests.store.samples import ACCOUNT

HOUR = timedelta(hours=1)
EVE = UserId("eve")


def revoked(changes: list[Change]) -> list[str | None]:
    """Whose sockets are to be closed."""
    return [each.value.subject for each in changes if isinstance(each.value, Revocation)]


async def test_a_user_is_let_in_by_the_right_password_alone(house: House) -> None:
    user = await house.users.create("Ada", "correct horse", Role.ADMIN)
    assert await house.users.verify("Ada", "correct horse") == user
    assert await house.users.verify("Ada", "wrong horse") is None
    assert await house.users.verify("Nobody", "correct horse") is None
    assert await house.users.by_name("Ada") == await house.users.by_id(user.id) == user
    (row,) = await UserRow.all()
    assert row.password is not None
    assert row.password.startswith("$argon2id$")


async def test_a_user_without_a_password_is_let_in_by_none(house: House) -> None:
    await house.users.create("Ada", None, Role.USER)
    assert await house.users.verify("Ada", "") is None


async def test_a_name_is_given_once(house: House) -> None:
    await house.users.create("Ada", None, Role.USER)
    with pytest.raises(Problem, match="already") as caught:
        await house.users.create("Ada", None, Role.USER)
    assert (caught.value.code, caught.value.field) == (ErrorCode.CONFLICT, "name")


@pytest.mark.parametrize("name", ["", " Ada", "A\nda", "x" * 65, "A\x00"])
async def test_a_name_that_cannot_be_shown_is_refused(house: House, name: str) -> None:
    with pytest.raises(Problem) as caught:
        await house.users.create(name, None, Role.USER)
    assert caught.value.field == "name"


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
async def test_a_password_is_neither_short_nor_endless(house: House, password: str) -> None:
    with pytest.raises(Problem) as caught:
        await house.users.create("Ada", password, Role.USER)
    assert caught.value.field == "password"


async def test_who_is_disabled_is_out_at_once_everywhere(house: House) -> None:
    user = await house.users.create("Ada", "correct horse", Role.USER)
    _, secret = await house.sign_ins.open(user.id, agent="a", address="b", expires_at=START + HOUR)
    await house.users.disable(user.id)
    assert await house.users.verify("Ada", "correct horse") is None
    assert await house.sign_ins.by_secret(secret) is None
    assert revoked(house.committed) == [None]
    (listed,) = await house.users.list()
    assert listed.disabled


async def test_a_new_password_ends_every_sign_in(house: House) -> None:
    user = await house.users.create("Ada", "correct horse", Role.USER)
    _, secret = await house.sign_ins.open(user.id, agent="a", address="b", expires_at=START + HOUR)
    await house.users.set_password(user.id, "battery staple")
    assert await house.sign_ins.by_secret(secret) is None
    assert await house.users.verify("Ada", "battery staple") == user
    assert revoked(house.committed) == [None]


async def test_a_token_lets_in_until_it_expires_or_is_revoked(house: House) -> None:
    token, secret = await house.tokens.issue(
        USER, name="script", scopes=[Scope.READ, Scope.TRADE], expires_at=START + HOUR
    )
    assert secret.startswith("bgp_")
    assert await house.tokens.by_secret(secret) == token
    assert token.scopes == {Scope.READ, Scope.TRADE}
    assert await house.tokens.by_secret(secret + "x") is None
    assert await house.tokens.list(USER) == (token,)
    (row,) = await TokenRow.all()
    assert secret not in (row.digest, row.id)
    await house.clock.advance(HOUR.total_seconds())
    assert await house.tokens.by_secret(secret) is None


async def test_a_token_is_revoked_by_its_user_alone_and_its_sockets_are_told(house: House) -> None:
    token, secret = await house.tokens.issue(USER, name="script", scopes=[Scope.READ])
    with pytest.raises(Problem, match="no such token"):
        await house.tokens.revoke(EVE, token.id)
    assert await house.tokens.by_secret(secret) == token
    await house.tokens.revoke(USER, token.id)
    assert await house.tokens.by_secret(secret) is None
    assert await house.tokens.list(USER) == ()
    assert revoked(house.committed) == [token.id]
    with pytest.raises(Problem, match="no such token"):
        await house.tokens.revoke(USER, token.id)


@pytest.mark.parametrize(("name", "scopes"), [("", [Scope.READ]), ("x", []), ("a\n", [Scope.READ])])
async def test_a_token_has_a_name_and_a_scope(house: House, name: str, scopes: list[Scope]) -> None:
    with pytest.raises(Problem):
        await house.tokens.issue(USER, name=name, scopes=scopes)


async def test_a_sign_in_ends_once_and_its_sockets_are_told(house: House) -> None:
    sign_in, secret = await house.sign_ins.open(
        USER, agent="Fire\x00fox" + "x" * 300, address="127.0.0.1", expires_at=START + HOUR
    )
    assert sign_in.agent.startswith("Firefox")
    assert len(sign_in.agent) == 200
    assert await house.sign_ins.by_secret(secret) == sign_in
    assert await house.sign_ins.list(USER) == (sign_in,)
    await house.sign_ins.end(EVE, sign_in.id)
    assert await house.sign_ins.by_secret(secret) == sign_in
    await house.sign_ins.end(USER, sign_in.id)
    await house.sign_ins.end(USER, sign_in.id)
    assert await house.sign_ins.by_secret(secret) is None
    assert revoked(house.committed) == [sign_in.id]
    assert await SignInRow.filter(ended_at=None).count() == 0


async def test_a_link_works_once_and_not_too_late(house: House) -> None:
    secret = await house.links.issue(USER, START + HOUR)
    assert await house.links.redeem(secret + "x") is None
    assert await house.links.redeem(secret) == USER
    assert await house.links.redeem(secret) is None
    late = await house.links.issue(USER, START + HOUR)
    await house.clock.advance(HOUR.total_seconds())
    assert await house.links.redeem(late) is None
    assert await LinkRow.all().count() == 0


async def test_a_token_may_be_for_some_accounts_of_its_user_alone(house: House) -> None:
    connection = await house.connect()
    reports = [replace(ACCOUNT, number=number) for number in ("PA-1", "PA-2")]
    one, _ = await house.connections.link(USER, connection.id, reports)
    issued, secret = await house.tokens.issue(
        USER, name="one", scopes=[Scope.READ], accounts=[one.id], unlimited_rate=True
    )
    found = await house.tokens.by_secret(secret)
    assert found == issued
    assert found is not None
    assert found.accounts == frozenset({one.id})
    assert found.unlimited_rate
    none: list[AccountId] = []
    for user, accounts in (
        (USER, none),
        (USER, [AccountId("nobody's")]),
        (UserId("eve"), [one.id]),
    ):
        with pytest.raises(Problem) as caught:
            await house.tokens.issue(user, name="x", scopes=[Scope.READ], accounts=accounts)
        assert caught.value.field == "accountIds"


async def test_a_link_for_a_password_lets_nobody_in_otherwise(house: House) -> None:
    later = house.clock.now() + timedelta(minutes=5)
    secret = await house.links.issue(USER, later, LinkUse.PASSWORD)
    assert await house.links.holder(secret) is None
    assert await house.links.redeem(secret) is None
    assert await house.links.holder(secret, LinkUse.PASSWORD) == USER
    assert await house.links.redeem(secret, LinkUse.PASSWORD) == USER
    assert await house.links.holder(secret, LinkUse.PASSWORD) is None


async def test_a_sign_in_knows_when_the_second_factor_was_proven_in_it(house: House) -> None:
    later = house.clock.now() + timedelta(days=1)
    opened, secret = await house.sign_ins.open(USER, agent="", address="", expires_at=later)
    assert opened.proven_at is None
    await house.clock.advance(60)
    assert await house.sign_ins.prove(USER, opened.id) == house.clock.now()
    found = await house.sign_ins.by_secret(secret)
    assert found is not None
    assert found.proven_at == house.clock.now()
    with pytest.raises(Problem):
        await house.sign_ins.prove(UserId("eve"), opened.id)


async def test_an_identity_at_a_provider_is_one_persons(house: House) -> None:
    identity = Identity(issuer="https://id.example", subject="42")
    assert await house.identities.holder(identity) is None
    await house.identities.link(USER, identity)
    await house.identities.link(USER, identity)
    assert await house.identities.holder(identity) == USER
    other = replace(identity, issuer="https://other.example")
    assert await house.identities.holder(other) is None
    with pytest.raises(Problem, match="somebody else"):
        await house.identities.link(UserId("eve"), identity)
    with pytest.raises(Problem):
        await house.identities.unlink(UserId("eve"), identity)
    await house.identities.unlink(USER, identity)
    assert await house.identities.of(USER) == ()


async def test_who_is_enabled_again_is_let_in(house: House) -> None:
    user = await house.users.create("Ada", "correct horse", Role.USER)
    await house.users.disable(user.id)
    await house.users.enable(user.id)
    assert await house.users.verify("Ada", "correct horse")
