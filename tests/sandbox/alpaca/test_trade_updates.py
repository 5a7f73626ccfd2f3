"""The trade_updates websocket: signing in, listening, and what it says of orders."""

from typing import Any

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox
from sandbox.host import Host
from tests.recordings import needs_recordings
from tests.sandbox.alpaca.openapi import recorded
from tests.sandbox.wire import AUTH, BUY, LISTEN, Socket, read, rest, say

AUTHENTICATE = {
    "action": "authenticate",
    "data": {"key_id": sandbox.PAPER_KEY, "secret_key": sandbox.PAPER_SECRET},
}


async def connect(client: aiohttp.ClientSession, host: Host, *messages: Any) -> Socket:
    """A socket that has said these."""
    socket = await client.ws_connect(host.socket_url + "/stream")
    for message in messages:
        await say(socket, message)
    return socket


@needs_recordings
@pytest.mark.parametrize("dialect", [AUTHENTICATE, AUTH])
async def test_both_key_dialects_sign_in(
    box: Sandbox, paper: aiohttp.ClientSession, dialect: Any
) -> None:
    async with await connect(paper, box.alpaca.paper) as socket:
        assert await say(socket, dialect) == official("authorization_authorized_authenticate")
        assert await say(socket, LISTEN) == official("listening")


def official(name: str) -> Any:
    """A frame from the vendor's documentation."""
    return recorded(f"trade_updates/official/server_{name}.json")


@needs_recordings
@pytest.mark.parametrize(
    "wrong",
    [
        AUTH | {"secret": "wrong"},
        {"action": "auth", "key": sandbox.LIVE_KEY, "secret": sandbox.LIVE_SECRET},
        {"action": "authenticate", "data": {"oauth_token": "unknown"}},
        {"action": "authenticate"},
    ],
)
async def test_a_wrong_credential_is_unauthorized(
    box: Sandbox, paper: aiohttp.ClientSession, wrong: Any
) -> None:
    async with await connect(paper, box.alpaca.paper) as socket:
        assert await say(socket, wrong) == official("authorization_unauthorized_authenticate")
        assert await say(socket, LISTEN) == official("authorization_unauthorized_listen")


@needs_recordings
async def test_signing_in_twice_is_unauthorized(box: Sandbox, paper: aiohttp.ClientSession) -> None:
    async with await connect(paper, box.alpaca.paper, AUTH) as socket:
        assert await say(socket, AUTH) == official("authorization_unauthorized_authenticate")


async def test_a_stream_that_there_is_not_is_missing_in_the_answer(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    asked = {"action": "listen", "data": {"streams": ["trade_updates", "gossip"]}}
    async with await connect(paper, box.alpaca.paper, AUTH) as socket:
        assert (await say(socket, asked))["data"]["streams"] == ["trade_updates"]
        assert (await say(socket, {"action": "listen", "data": {"streams": []}}))["data"] == {
            "streams": []
        }


async def test_paper_speaks_binary_and_live_text(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as client:
        for host, kind in (
            (box.alpaca.paper, aiohttp.WSMsgType.BINARY),
            (box.alpaca.live, aiohttp.WSMsgType.TEXT),
        ):
            async with await connect(client, host) as socket:
                await socket.send_json(AUTH)
                assert (await socket.receive(timeout=5)).type is kind


@needs_recordings
async def test_a_fill_has_the_fields_of_the_official_frame(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    async with await connect(paper, box.alpaca.paper, AUTH, LISTEN) as socket:
        await paper.post("/v2/orders", json=BUY)
        frames = [await read(socket) for _ in range(3)]
    assert [one["data"]["event"] for one in frames] == ["pending_new", "new", "fill"]
    fill, official_fill = frames[-1]["data"], official("trade_updates_fill")["data"]
    assert set(official_fill) <= set(fill)
    assert set(official_fill["order"]) <= set(fill["order"])
    assert (fill["qty"], fill["position_qty"], fill["order"]["filled_qty"]) == ("2", "2", "2")
    assert fill["price"] == fill["order"]["filled_avg_price"]


async def test_a_coin_has_no_slash_in_trade_updates(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    coin = BUY | {"symbol": "BTC/USD", "qty": "0.1", "time_in_force": "gtc"}
    async with await connect(paper, box.alpaca.paper, AUTH, LISTEN) as socket:
        async with paper.post("/v2/orders", json=coin) as answer:
            assert (await answer.json())["symbol"] == "BTC/USD"
        assert (await read(socket))["data"]["order"]["symbol"] == "BTCUSD"


async def test_an_account_hears_of_its_own_orders_alone(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    box.alpaca.account("PKOTHER", "other")
    other = {"action": "auth", "key": "PKOTHER", "secret": "other"}
    async with await connect(paper, box.alpaca.paper, other, LISTEN) as socket:
        await paper.post("/v2/orders", json=BUY)
        answer = await say(socket, LISTEN)
        assert answer["stream"] == "listening"


async def test_a_replacement_is_told_of_both_orders(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    async with await connect(paper, box.alpaca.paper, AUTH, LISTEN) as socket:
        old = await rest(paper)
        async with paper.patch(f"/v2/orders/{old}", json={"limit_price": "201"}) as answer:
            new = (await answer.json())["id"]
        frames = [(await read(socket))["data"] for _ in range(6)]
    assert [(one["event"], one["order"]["id"]) for one in frames] == [
        ("pending_new", old),
        ("new", old),
        ("pending_replace", old),
        ("pending_new", new),
        ("replaced", old),
        ("new", new),
    ]
