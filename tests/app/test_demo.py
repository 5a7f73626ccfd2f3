"""The first thing that a newcomer sees."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import aiohttp

from tests.app.process import Child, ran, started

PORTFOLIO = """{
  connections { label broker health { state } accounts { id } }
  positions(first: 200) { edges { node {
    quantity accountId currency instrument { symbol } valuation { marketValue }
  } } }
  orders(first: 100, openOnly: true) { edges { node { status } } }
}"""
BROKERS = {"alpaca", "coinbase", "etrade", "ibkr"}


async def _ways_in(child: Child) -> tuple[str, str, str]:
    """Address, one-time link and token as they are printed."""
    link = (await child.line("Sign in")).split()[-1]
    endpoint = (await child.line("GraphQL for")).split()[-1]
    token = (await child.line("Authorization")).split()[-1]
    return endpoint.removesuffix("/graphql"), link, token


async def _asked(url: str, token: str, query: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(url, headers=headers) as http,
        http.post("/graphql", json={"query": query}) as answer,
    ):
        body: dict[str, Any] = await answer.json()
        assert "errors" not in body, body
        return body["data"]  # type: ignore[no-any-return]  # JSON


async def _settled(url: str, token: str) -> dict[str, Any]:
    """What is shown once every account has something to show, with a price."""
    async with asyncio.timeout(30):
        while True:
            seen = await _asked(url, token, PORTFOLIO)
            shown = [edge["node"] for edge in seen["positions"]["edges"]]
            accounts = {each["id"] for one in seen["connections"] for each in one["accounts"]}
            if {one["accountId"] for one in shown} == accounts and all(
                one["valuation"] for one in shown
            ):
                return seen
            await asyncio.sleep(0.1)


async def test_it_shows_a_live_portfolio_to_whoever_has_the_token_or_the_link(
    tmp_path: Path,
) -> None:
    async with started(tmp_path, "demo", "--port", "0") as child:
        url, link, token = await _ways_in(child)
        seen = await _settled(url, token)
        told = {one["broker"]: one for one in seen["connections"]}
        assert set(told) == BROKERS
        assert {one["health"]["state"] for one in told.values()} == {"ACTIVE"}
        assert told["alpaca"]["label"] == "Alpaca demo"
        assert len(told["etrade"]["accounts"]) == len(told["ibkr"]["accounts"]) == 2
        shown = [edge["node"] for edge in seen["positions"]["edges"]]
        symbols = {one["instrument"]["symbol"] for one in shown}
        assert {"AAPL", "SPY", "TSLA", "BTC", "SAP", "MESH7"} <= symbols
        assert {one["currency"] for one in shown} == {"USD", "EUR", "GBP"}
        accounts = {each["id"] for one in told.values() for each in one["accounts"]}
        assert {one["accountId"] for one in shown} == accounts
        assert seen["orders"]["edges"]
        async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            async with http.post("/link", json={"secret": link.partition("#")[2]}) as answer:
                assert answer.status == 200
            async with http.get("/", allow_redirects=False) as front:
                assert front.headers["Location"] == "/graphql"
        assert await child.stop(signal.SIGINT) == 0
        assert child.err == [""]


async def test_it_runs_once_at_a_time_and_again_after_that(tmp_path: Path) -> None:
    async with started(tmp_path, "demo", "--port", "0") as child:
        _, _, token = await _ways_in(child)
        second = await ran(tmp_path, "demo", "--port", "0")
        assert second.process.returncode == 1
        assert "running already" in second.err[0]
        child.process.kill()
        await child.ended()
    async with started(tmp_path, "demo", "--port", "0") as again:
        url, _, other = await _ways_in(again)
        assert other != token
        assert (await _asked(url, other, "{ viewer { name } }"))["viewer"]["name"] == "demo"


async def test_its_key_is_apart_from_its_data_and_its_data_is_not_for_serving(
    tmp_path: Path,
) -> None:
    async with started(tmp_path, "demo", "--port", "0") as child:
        await _ways_in(child)
        await child.stop()
    assert (tmp_path / "data" / "demo.key").stat().st_mode & 0o777 == 0o600
    refused = await ran(tmp_path, "serve", DATA_FOLDER="data/demo")
    assert refused.process.returncode == 1
    assert "This is a demo database" in refused.err[0]
    taken = await ran(tmp_path, "user", "create", "demo", DATA_FOLDER="data/demo")
    assert "marks a demo database" in taken.err[0]


async def test_settings_for_real_accounts_have_no_say_in_it(tmp_path: Path) -> None:
    settings = {
        "PUBLIC_URL": "https://brokers.example",
        "HOST": "192.0.2.1",
        "DATABASE_URL": "postgres://nobody:planted@192.0.2.1/x",
        "ENDPOINTS__ALPACA__PAPER__TRADING": "https://192.0.2.1",
    }
    async with started(tmp_path, "demo", "--port", "0", **settings) as child:
        url, _, token = await _ways_in(child)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        state = (await _asked(url, token, "{ connections { health { state } } }"))["connections"]
        assert state == [{"health": {"state": "ACTIVE"}}] * len(BROKERS)
