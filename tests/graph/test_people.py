"""What an admin may do by GraphQL, and that nothing of anybody's money is shown to one."""

from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from domain.access import LinkUse, Role, Scope
from domain.errors import ErrorCode
from graph.context import Viewer
from graph.limits import marks_of, needed
from graph.people import user_id
from graph.schema import build
from tests.graph.asking import ask, portfolio, refused, viewer
from tests.server import Served

INVITE = """
mutation($name: String!) {
  inviteUser(input: {name: $name}) {
    link expiresAt user { id name role } userErrors { code field }
  }
}
"""
ON_USER = "mutation($id: ID!) { %s(input: {userId: $id}) { %s userErrors { code field } } }"
RESET = ON_USER % ("resetUser", "link")
DISABLE = ON_USER % ("disableUser", "user { disabled }")
ENABLE = ON_USER % ("enableUser", "user { disabled }")
DELETE = ON_USER % ("deleteUser", "user { id }")


async def admin(server: Served) -> Viewer:
    """An admin as the front door lets one in."""
    if "root" not in server.people:
        users = server.house.stores.users
        server.people["root"] = await users.create("root", None, Role.ADMIN)
    return await viewer(server, "root", role=Role.ADMIN, scopes=frozenset({Scope.ADMIN}))


async def test_an_invitation_is_a_link_to_choose_a_password_once(server: Served) -> None:
    root = await admin(server)
    made = (await ask(server, root, INVITE, name="ann"))["inviteUser"]
    assert made["userErrors"] == []
    assert (made["user"]["name"], made["user"]["role"]) == ("ann", "USER")
    page, _, secret = made["link"].partition("#")
    assert page.endswith("/password")
    holder = await server.house.stores.links.holder(secret, LinkUse.PASSWORD)
    assert user_id(holder) == made["user"]["id"] if holder else False
    again = (await ask(server, root, INVITE, name="ann"))["inviteUser"]
    assert again["userErrors"] == [{"code": "CONFLICT", "field": "name"}]
    assert again["link"] is None
    listed = (await ask(server, root, "{ users { name role disabled } }"))["users"]
    assert [user["name"] for user in listed] == ["ann", "root"]


async def test_people_are_kept_out_let_in_and_reset(server: Served) -> None:
    root, ada = await admin(server), await server.user()
    token = await server.token()
    id = user_id(ada.id)
    assert (await ask(server, root, DISABLE, id=id))["disableUser"]["user"] == {"disabled": True}
    users = server.house.stores.users
    found = await users.by_id(ada.id)
    assert found is not None
    assert found.disabled
    assert (await ask(server, root, ENABLE, id=id))["enableUser"]["user"] == {"disabled": False}
    assert await server.house.stores.tokens.by_secret(token)
    reset = (await ask(server, root, RESET, id=id))["resetUser"]
    assert "#" in reset["link"]
    rows = (await server.house.services.reads.audit(ada.id, first=10)).items
    acts = {(row.entry.action, row.entry.actor) for row in rows}
    assert {("disable user", root.user_id), ("issue link", root.user_id)} <= acts


async def test_a_user_is_deleted_with_everything(server: Served) -> None:
    root = await admin(server)
    connection = await portfolio(server)
    ada = connection.user_id
    deleted = (await ask(server, root, DELETE, id=user_id(ada)))["deleteUser"]
    assert deleted == {"user": None, "userErrors": []}
    reads = server.house.services.reads
    assert await reads.accounts(ada) == ()
    assert await reads.connections(ada) == ()
    assert (await server.house.stores.audit.verify(ada)).ok
    again = (await ask(server, root, DELETE, id=user_id(ada)))["deleteUser"]
    assert again["userErrors"] == [{"code": "NOT_FOUND", "field": "userId"}]


@pytest.mark.parametrize("query", [DISABLE, DELETE])
async def test_an_admin_does_not_shut_the_door_from_outside(server: Served, query: str) -> None:
    root = await admin(server)
    (payload,) = (await ask(server, root, query, id=user_id(root.user_id))).values()
    assert payload["userErrors"] == [{"code": "CONFLICT", "field": "userId"}]


async def test_only_an_admin_in_person_looks_after_people(server: Served) -> None:
    ada, root = await viewer(server), await admin(server)
    token = await viewer(server, "root", role=Role.ADMIN, scopes=root.scopes, signed_in_at=None)
    for who in (ada, token):
        assert await refused(server, who, "{ users { name } }") == "FORBIDDEN"
        assert await refused(server, who, INVITE, name="x") == "FORBIDDEN"


def roots() -> list[tuple[str, Any]]:
    """Every root field, of all three operations."""
    schema = build()
    types = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [(name, field) for type in types if type for name, field in type.fields.items()]


# What anybody who has signed in may ask; none of it leads to money or to a secret that is kept.
FREE = {
    "viewer", "rateLimit", "createToken", "revokeToken", "endSignIn", "enrolSecondFactor",
    "confirmSecondFactor", "proveSecondFactor", "replaceRecoveryCodes", "disableSecondFactor",
    "unlinkIdentity", "halt", "resume", "users", "inviteUser", "resetUser", "disableUser",
    "enableUser", "deleteUser",
}  # fmt: skip
MONEY = {"Account", "Position", "Order", "Transaction", "Connection", "Intent", "Balance"}


def test_what_an_admin_may_ask_is_listed_here() -> None:
    free = {n for n, f in roots() if needed(marks_of(f), root=True) <= {Scope.ADMIN}}
    assert free == FREE


def _reached(type: Any, seen: set[str]) -> set[str]:
    named = get_named_type(type)
    if isinstance(named, GraphQLObjectType) and named.name not in seen:
        seen.add(named.name)
        for field in named.fields.values():
            _reached(field.type, seen)
    return seen


def test_nothing_of_it_leads_to_money() -> None:
    for name, field in roots():
        if name in FREE - {"halt"}:
            assert not _reached(field.type, set()) & MONEY, name


MONEY_QUERIES = [
    "{ accounts { id } }",
    "{ connections { id } }",
    "{ positions(first: 1) { nodes { id } } }",
    "{ orders(first: 1) { nodes { id } } }",
    "{ portfolio(base: USD) { value { amount } } }",
    "{ auditLog(first: 1) { nodes { at } } }",
    "{ node(id: \"x\") { id } }",
    "subscription { changes { __typename } }",
    "mutation { sync(input: {connectionId: \"x\"}) { userErrors { code } } }",
]  # fmt: skip


@pytest.mark.parametrize("query", MONEY_QUERIES)
async def test_an_admin_reads_no_money(server: Served, query: str) -> None:
    code = await refused(server, await admin(server), query)
    assert code in {ErrorCode.FORBIDDEN, ErrorCode.BAD_INPUT}
    if "portfolio" not in query and "auditLog" not in query:
        assert code == ErrorCode.FORBIDDEN


HALT = """
mutation($scope: TradingScope!) {
  halt(input: {target: {scope: $scope}, reason: "test"}) {
    standing { scope state } counts { inFlight over unconfirmed exits notFlattened }
    over { id } inFlight { id } unconfirmed { code } userErrors { code }
  }
}
"""


async def test_a_halt_of_the_server_is_for_admins_and_shows_them_numbers_alone(
    server: Served,
) -> None:
    connection = await portfolio(server)
    root, ada = await admin(server), await viewer(server)
    told = (await ask(server, ada, HALT, scope="SERVER"))["halt"]
    assert told["userErrors"] == [{"code": "FORBIDDEN"}]
    told = (await ask(server, root, HALT, scope="SERVER"))["halt"]
    assert told["userErrors"] == []
    assert told["standing"] == {"scope": "SERVER", "state": "HALTED"}
    # Ada's open order cannot be cancelled, for no broker is there: it is counted and not shown.
    assert told["counts"]["unconfirmed"] + told["counts"]["over"] >= 1
    assert (told["over"], told["inFlight"], told["unconfirmed"]) == ([], [], [])
    assert connection.user_id == ada.user_id


async def test_a_halt_of_ones_own_takes_the_right_to_trade(server: Served) -> None:
    reader = await viewer(server, scopes=frozenset({Scope.READ}))
    told = (await ask(server, reader, HALT, scope="USER"))["halt"]
    assert (told["standing"], told["userErrors"]) == (None, [{"code": "FORBIDDEN"}])
    told = (await ask(server, await admin(server), HALT, scope="USER"))["halt"]
    assert told["userErrors"] == [{"code": "FORBIDDEN"}]
    told = (await ask(server, await viewer(server), HALT, scope="USER"))["halt"]
    assert told["userErrors"] == []


async def test_an_admins_token_is_good_for_administration_alone(server: Served) -> None:
    root = await admin(server)
    tokens, later = server.house.stores.tokens, timedelta(days=1)
    now = server.house.services.clock.now()
    _, secret = await tokens.issue(
        root.user_id, name="t", scopes=list(Scope), expires_at=now + later
    )
    found = await server.house.access._by_bearer(f"Bearer {secret}")
    assert found is not None
    assert found.scopes == {Scope.ADMIN}
