"""What people do is written down, however it went, without what they typed."""

from pathlib import Path

import aiohttp

from domain.audit import AuditEntry
from tests.server import ORIGIN, Served, served

CREATE = """mutation Create($scopes: [Scope!]!) {
  first: createToken(input: {name: "planted-name", scopes: $scopes}) {
    secret userErrors { code }
  }
}"""


async def _create(server: Served, scope: str) -> str | None:
    """By a person in a browser, under another name than the mutation's own."""
    headers = {"Cookie": await server.cookie(), "Origin": ORIGIN}
    body = {"query": CREATE, "variables": {"scopes": [scope]}}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(server.url, json=body) as answer,
    ):
        told = await answer.json()
        secret: str | None = told["data"]["first"]["secret"]
        return secret


async def _acts(server: Served) -> list[AuditEntry]:
    user = await server.user()
    page = await server.house.stores.reads.audit(user.id, first=50)
    return [row.entry for row in page.items]


async def test_a_mutation_is_written_down_under_its_own_name_with_how_it_went(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as server:
        secret = await _create(server, "READ")
        assert await _create(server, "ADMIN") is None
        refused, done = await _acts(server)
        user = await server.user()
        assert (done.action, done.outcome, done.actor) == ("createToken", "OK", user.id)
        assert (refused.outcome, refused.code) == ("REFUSED", "FORBIDDEN")
        assert done.correlation_id
        assert secret is not None
        assert secret not in repr(done)
        assert "planted" not in repr(done)


async def test_a_query_leaves_no_line(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        headers = {"Authorization": f"Bearer {await server.token()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(server.url, json={"query": "{ viewer { name } }"}) as answer,
        ):
            assert answer.status == 200
        assert await _acts(server) == []
