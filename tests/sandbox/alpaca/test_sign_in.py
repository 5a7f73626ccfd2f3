"""Signing in with OAuth: consent, code, token, and what the token opens."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox
from tests.recordings import needs_recordings
from tests.sandbox.alpaca.openapi import recorded

BACK = "http://127.0.0.1:9/callback"
ASKED = {
    "response_type": "code",
    "client_id": sandbox.CLIENT_ID,
    "redirect_uri": BACK,
    "state": "s<1>",
    "scope": "account:write trading",
}
CREDENTIALS = {
    "grant_type": "authorization_code",
    "client_id": sandbox.CLIENT_ID,
    "client_secret": sandbox.CLIENT_SECRET,
    "redirect_uri": BACK,
}


@pytest.fixture
async def live(box: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(box.alpaca.live.url) as client:
        yield client


async def decide(live: aiohttp.ClientSession, decision: str, **other: str) -> dict[str, str]:
    """The query with which the person comes back."""
    form = ASKED | {"decision": decision} | other
    async with live.post("/oauth/authorize", data=form, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith(BACK + "?")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


async def token(live: aiohttp.ClientSession, **change: str) -> tuple[int, Any]:
    """What the token endpoint answers."""
    async with live.post("/oauth/token", data=CREDENTIALS | change) as answer:
        return answer.status, json.loads(await answer.text())


async def test_the_consent_page_names_who_asks_and_carries_the_state_unharmed(
    live: aiohttp.ClientSession,
) -> None:
    async with live.get("/oauth/authorize", params=ASKED) as answer:
        page = await answer.text()
    assert sandbox.CLIENT_ID in page
    assert 'value="s&lt;1&gt;"' in page


async def test_a_refusal_comes_back_as_an_error_with_the_state(live: aiohttp.ClientSession) -> None:
    assert await decide(live, "refuse") == {"error": "access_denied", "state": "s<1>"}


@needs_recordings
async def test_a_code_gives_a_token_shaped_as_the_documented_one(
    live: aiohttp.ClientSession,
) -> None:
    code = (await decide(live, "approve"))["code"]
    status, body = await token(live, code=code)
    expected = recorded("oauth/token_response.json")
    assert (status, set(body)) == (200, set(expected))
    assert (body["token_type"], body["scope"]) == (expected["token_type"], expected["scope"])


async def test_a_code_works_once(live: aiohttp.ClientSession) -> None:
    code = (await decide(live, "approve"))["code"]
    assert (await token(live, code=code))[0] == 200
    assert await token(live, code=code) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"code": "guess"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_what_does_not_match_gets_no_token(
    live: aiohttp.ClientSession, change: dict[str, str], status: int, error: str
) -> None:
    code = (await decide(live, "approve"))["code"]
    assert await token(live, **({"code": code} | change)) == (status, {"error": error})


async def test_one_token_opens_an_account_on_each_host_and_the_stream(
    box: Sandbox, live: aiohttp.ClientSession
) -> None:
    code = (await decide(live, "approve"))["code"]
    bearer = (await token(live, code=code))[1]["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    accounts = []
    for host in (box.alpaca.paper, box.alpaca.live):
        async with live.get(host.url + "/v2/account", headers=headers) as answer:
            accounts.append((await answer.json())["id"])
    assert accounts == [box.paper.id, box.live.id]
    async with live.ws_connect(box.alpaca.paper.socket_url + "/stream") as socket:
        await socket.send_json({"action": "authenticate", "data": {"oauth_token": bearer}})
        said = json.loads((await socket.receive(timeout=5)).data)
    assert said["data"]["status"] == "authorized"


async def test_a_token_without_the_trading_scope_places_nothing(
    box: Sandbox, live: aiohttp.ClientSession
) -> None:
    code = (await decide(live, "approve", scope=""))["code"]
    bearer = (await token(live, code=code))[1]["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    order = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    async with live.post("/v2/orders", json=order, headers=headers) as answer:
        assert answer.status == 403
    assert box.live.orders == {}


async def test_a_revoked_token_is_unauthorized(box: Sandbox, live: aiohttp.ClientSession) -> None:
    code = (await decide(live, "approve"))["code"]
    bearer = (await token(live, code=code))[1]["access_token"]
    await box.inflict("revoke", id=bearer)
    headers = {"Authorization": f"Bearer {bearer}"}
    async with live.get("/v2/account", headers=headers) as answer:
        assert answer.status == 401
