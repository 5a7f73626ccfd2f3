"""Tokens, as their owners make and end them, and what one may not do."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.access import Scope
from tests.graph.asking import ask, refused, viewer
from tests.server import Served

TOKEN = """
mutation($scopes: [Scope!]!, $ends: DateTime) {
  createToken(input: {name: "phone", scopes: $scopes, expiresAt: $ends}) {
    secret token { id name scopes } userErrors { code field }
  }
}
"""


async def test_a_person_makes_and_ends_tokens(server: Served) -> None:
    ada = await viewer(server)
    made = (await ask(server, ada, TOKEN, scopes=["READ"]))["createToken"]
    assert made["secret"].startswith("bgp_")
    listed = (await ask(server, ada, "{ viewer { tokens { id name scopes } } }"))["viewer"]
    assert listed["tokens"] == [made["token"]]
    end = "mutation($id: ID!) { revokeToken(input: {tokenId: $id}) { ended userErrors { code } } }"
    bob = await viewer(server, "bob")
    assert (await ask(server, bob, end, id=made["token"]["id"]))["revokeToken"]["ended"] is False
    assert (await ask(server, ada, end, id=made["token"]["id"]))["revokeToken"]["ended"] is True
    assert (await ask(server, ada, "{ viewer { tokens { id } } }"))["viewer"]["tokens"] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"scopes": ["ADMIN"]}, {"code": "FORBIDDEN", "field": "scopes"}),
        ({"scopes": []}, {"code": "BAD_INPUT", "field": "scopes"}),
        (
            {"scopes": ["READ"], "ends": "2020-01-01T00:00:00Z"},
            {"code": "BAD_INPUT", "field": "expiresAt"},
        ),
    ],
)
async def test_a_token_that_cannot_be_made_says_why(
    server: Served, given: Mapping[str, Any], expected: Mapping[str, str]
) -> None:
    made = (await ask(server, await viewer(server), TOKEN, **given))["createToken"]
    assert made == {"secret": None, "token": None, "userErrors": [expected]}


async def test_a_token_makes_no_tokens(server: Served) -> None:
    token = await viewer(server, signed_in_at=None)
    assert await refused(server, token, TOKEN, scopes=["READ"]) == "FORBIDDEN"
    assert await refused(server, token, "{ viewer { signIns { id } } }") == "FORBIDDEN"


async def test_scopes_are_asked_through_fragments_too(server: Served) -> None:
    reader = await viewer(server, scopes=frozenset({Scope.READ}))
    query = """
    mutation { ...hidden }
    fragment hidden on Mutation { ... { a: disconnect(input: {connectionId: "x"}) { __typename } } }
    """
    assert await refused(server, reader, query) == "FORBIDDEN"
