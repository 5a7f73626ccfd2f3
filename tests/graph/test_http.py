"""GraphQL over HTTP beyond the audits: who may ask, what is refused, and how it is told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from domain.access import Scope
from graph.allowance import Allowances, Flow
from graph.http import GRAPHQL, HTML, JSON, media_type
from tests.clock import FakeClock
from tests.server import ORIGIN, Served, served

VIEWER = {"query": "{ viewer { name } }"}


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, explorer=True) as running:
        yield running


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def code(response: aiohttp.ClientResponse) -> str:
    """The code of the first error."""
    told: dict[str, Any] = await response.json(content_type=None)
    found: str = told["errors"][0]["extensions"]["code"]
    return found


async def test_nobody_is_told_anything_but_to_sign_in(
    server: Served, http: aiohttp.ClientSession
) -> None:
    bodies = [b"{", b"", b'{"query":"{"}', b'{"query":"{__schema{types{name}}}"}']
    for body in bodies:
        headers = {"Content-Type": JSON}
        async with http.post(server.url, data=body, headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
            assert await code(response) == "UNAUTHENTICATED"
    assert server.graphql.engine.documents.validations == 0


async def test_a_revoked_token_lets_nobody_in(server: Served, http: aiohttp.ClientSession) -> None:
    user, tokens = await server.user(), server.house.stores.tokens
    token, secret = await tokens.issue(user.id, name="t", scopes=[Scope.READ])
    headers = {"Authorization": f"Bearer {secret}"}
    async with http.post(server.url, json=VIEWER, headers=headers) as response:
        assert response.status == 200
    await tokens.revoke(user.id, token.id)
    async with http.post(server.url, json=VIEWER, headers=headers) as response:
        assert response.status == 401


async def test_a_cookie_counts_only_from_a_page_of_ours(
    server: Served, http: aiohttp.ClientSession
) -> None:
    cookie = {"Cookie": await server.cookie()}
    for origin, status in {ORIGIN: 200, "https://evil.example": 401, "null": 401}.items():
        async with http.post(
            server.url, json=VIEWER, headers=cookie | {"Origin": origin}
        ) as response:
            assert response.status == status


@pytest.mark.parametrize(
    "type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_what_a_foreign_page_can_post_without_asking_is_not_read(
    server: Served, http: aiohttp.ClientSession, type: str
) -> None:
    headers = {"Authorization": f"Bearer {await server.token()}", "Content-Type": type}
    body = b'{"query":"{viewer{name}}"}'
    async with http.post(server.url, data=body, headers=headers) as response:
        assert response.status == 415


async def test_get_changes_nothing(server: Served, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {await server.token()}", "Accept": JSON}
    mutation = 'mutation { sync(input: {connectionId: "x"}) { userErrors { code } } }'
    async with http.get(server.url, params={"query": mutation}, headers=headers) as response:
        assert response.status == 405
        assert response.headers["Allow"] == "POST"
    async with http.get(server.url, params=VIEWER, headers=headers) as response:
        assert (await response.json())["data"] == {"viewer": {"name": "ada"}}


async def test_subscriptions_are_sent_to_the_socket(
    server: Served, http: aiohttp.ClientSession
) -> None:
    headers = {
        "Authorization": f"Bearer {await server.token()}",
        "Accept": "text/event-stream, */*",
    }
    body = {"query": "subscription { connectionUpdated { id } }"}
    async with http.post(server.url, json=body, headers=headers) as response:
        assert response.status == 400
        assert await code(response) == "BAD_INPUT"


async def test_a_body_too_long_is_not_read(server: Served, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {await server.token()}", "Content-Type": JSON}
    async with http.post(server.url, data=b" " * 300_000, headers=headers) as response:
        assert response.status == 413


async def test_an_empty_purse_says_when_to_come_back(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    clock = FakeClock()
    allowances = Allowances(clock, Flow(capacity=100, restored=1))
    async with served(tmp_path, clock=clock, allowances=allowances) as server:
        headers = {"Authorization": f"Bearer {await server.token()}"}
        body = {"query": "{ orders(first: 20) { nodes { id status } } }"}
        async with http.post(server.url, json=body, headers=headers) as response:
            assert response.status == 429
            assert await code(response) == "TOO_MANY_REQUESTS"
            wait = int(response.headers["Retry-After"])
        await clock.advance(wait)
        async with http.post(server.url, json=body, headers=headers) as response:
            answer = await response.json()
            assert answer["extensions"]["cost"]["requested"] == 61


async def test_not_being_able_to_tell_who_asks_is_no_refusal(
    server: Served, http: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": f"Bearer {await server.token()}"}
    await server.house.stores.db.close()
    async with http.post(server.url, json=VIEWER, headers=headers) as response:
        assert response.status == 503
        assert await code(response) == "UNAVAILABLE"
        assert "tortoise" not in (await response.text()).lower()


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9, text/event-stream, */*;q=0.1", GRAPHQL),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/*", JSON),
        ("image/png", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=NaN", None),
    ],
)
def test_the_answer_is_of_the_type_that_is_wanted_most(
    accept: str | None, expected: str | None
) -> None:
    assert media_type(accept) == expected


async def test_a_browser_gets_the_explorer_where_it_is_allowed(
    server: Served, http: aiohttp.ClientSession
) -> None:
    async with http.get(server.url, headers={"Accept": "text/html"}) as response:
        assert response.status == 200
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        page = await response.text()
    for asset in ("explorer.css", "explorer.js"):
        assert f"/graphql/explorer/{asset}" in page
        async with http.get(f"{server.url}/explorer/{asset}") as response:
            assert response.status == 200


async def test_a_browser_gets_no_explorer_where_it_is_not_allowed(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    async with served(tmp_path) as server:
        async with http.get(server.url, headers={"Accept": "text/html"}) as response:
            assert response.status == 406
        async with http.get(f"{server.url}/explorer/explorer.js") as response:
            assert response.status == 404


@pytest.mark.parametrize("depth", [10, 300, 900])
async def test_variables_of_any_depth_get_an_answer(
    server: Served, http: aiohttp.ClientSession, depth: int
) -> None:
    deep = "[" * depth + "]" * depth
    headers = {"Authorization": f"Bearer {await server.token()}", "Content-Type": JSON}
    for query, wanted in [
        ("query($first: Int!) { positions(first: $first) { nodes { id } } }", "BAD_INPUT"),
        ("{ viewer { name } }", None),
    ]:
        body = f'{{"query": "{query}", "variables": {{"first": {deep}}}}}'
        async with http.post(server.url, data=body, headers=headers) as response:
            told = await response.json(content_type=None)
            assert response.status == 200, told
            found = told["errors"][0]["extensions"]["code"] if "errors" in told else None
            assert found == wanted, told
