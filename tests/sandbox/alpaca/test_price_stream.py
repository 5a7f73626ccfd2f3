"""The market-data websocket: greeting, subscriptions, prices, and each error it has."""

import json
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.alpaca.price_stream import ERRORS
from tests.recordings import needs_recordings
from tests.sandbox.alpaca.openapi import recorded
from tests.sandbox.wire import AUTH, Socket, read, say


async def connect(box: Sandbox, client: aiohttp.ClientSession, path: str = "/v2/iex") -> Socket:
    """A socket that has been greeted."""
    socket = await client.ws_connect(box.alpaca.market_stream.socket_url + path)
    assert await read(socket) == [{"T": "success", "msg": "connected"}]
    return socket


def error(code: int) -> Any:
    """An error frame."""
    return [{"T": "error", "code": code, "msg": ERRORS[code]}]


@needs_recordings
def test_every_error_is_the_documented_frame() -> None:
    for code in ERRORS:
        assert error(code) == recorded(f"market_data_ws/stock_server_error_{code}.json")


@pytest.mark.parametrize(
    ("path", "symbol"),
    [
        ("/v2/iex", "AAPL"),
        ("/v1beta3/crypto/us", "BTC/USD"),
        ("/v1beta1/options", "AAPL271217C00250000"),
    ],
)
async def test_what_was_subscribed_to_is_pushed_when_prices_move(
    box: Sandbox, paper: aiohttp.ClientSession, path: str, symbol: str
) -> None:
    async with await connect(box, paper, path) as socket:
        assert await say(socket, AUTH) == [{"T": "success", "msg": "authenticated"}]
        answer = await say(socket, {"action": "subscribe", "quotes": [symbol], "trades": [symbol]})
        assert answer == [{"T": "subscription", "trades": [symbol], "quotes": [symbol], "bars": []}]
        box.exchange.set_price(symbol, Decimal("123.45"))
        text = (await socket.receive(timeout=5)).data
        trade, quote = json.loads(text, parse_float=Decimal)
    now = box.exchange.market.quotes[symbol]
    assert (trade["T"], trade["S"], trade["p"]) == ("t", symbol, now.last)
    assert (quote["T"], quote["S"], quote["bp"], quote["ap"]) == ("q", symbol, now.bid, now.ask)


@needs_recordings
@pytest.mark.parametrize(("mark", "name"), [("t", "trade"), ("q", "quote")])
async def test_a_stock_frame_has_the_documented_fields(
    box: Sandbox, paper: aiohttp.ClientSession, mark: str, name: str
) -> None:
    async with await connect(box, paper) as socket:
        await say(socket, AUTH)
        await say(socket, {"action": "subscribe", f"{name}s": ["*"]})
        box.tick()
        frame = await read(socket)
    assert set(frame[0]) == set(recorded(f"market_data_ws/stock_server_{mark}.json"))
    assert {one["S"] for one in frame} == {"AAPL", "MSFT", "NVDA", "TSLA", "SPY"}


async def test_what_was_unsubscribed_from_is_pushed_no_more(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    async with await connect(box, paper) as socket:
        await say(socket, AUTH)
        await say(socket, {"action": "subscribe", "quotes": ["AAPL", "SPY"]})
        answer = await say(socket, {"action": "unsubscribe", "quotes": ["AAPL"]})
        assert answer[0]["quotes"] == ["SPY"]
        box.tick()
        assert [one["S"] for one in await read(socket)] == ["SPY"]


async def test_each_mistake_has_its_code(box: Sandbox, paper: aiohttp.ClientSession) -> None:
    async with await connect(box, paper) as socket:
        assert await say(socket, "nonsense") == error(400)
        assert await say(socket, {"action": "subscribe", "quotes": ["AAPL"]}) == error(401)
        assert await say(socket, AUTH | {"secret": "wrong"}) == error(402)
        await say(socket, AUTH)
        assert await say(socket, AUTH) == error(403)
        many = [f"S{number}" for number in range(31)]
        assert await say(socket, {"action": "subscribe", "quotes": many}) == error(405)
        assert await say(socket, {"action": "dance"}) == error(400)


async def test_a_second_connection_is_refused_until_the_first_has_gone(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    first = await connect(box, paper)
    await say(first, AUTH)
    async with await connect(box, paper) as second:
        assert await say(second, AUTH) == error(406)
        await first.close()
        assert await say(second, AUTH) == [{"T": "success", "msg": "authenticated"}]


async def test_the_paid_feed_is_an_insufficient_subscription(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    async with await connect(box, paper, "/v2/sip") as socket:
        assert await say(socket, AUTH) == error(409)


async def test_messagepack_is_answered_with_a_syntax_error(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    url = box.alpaca.market_stream.socket_url + "/v2/iex"
    async with paper.ws_connect(url, headers={"Content-Type": "application/msgpack"}) as socket:
        await read(socket)
        assert await read(socket) == error(400)


async def test_who_does_not_say_who_he_is_in_time_is_sent_away(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    box.alpaca.prices.auth_timeout = 0.01
    async with await connect(box, paper) as socket:
        assert await read(socket) == error(404)
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize("code", [407, 408, 500])
async def test_any_other_error_can_be_put_in_the_place_of_a_frame(
    box: Sandbox, paper: aiohttp.ClientSession, code: int
) -> None:
    box.faults.add(
        "replace_frame", path="/v2/iex", containing="authenticated", text=json.dumps(error(code))
    )
    async with await connect(box, paper) as socket:
        assert await say(socket, AUTH) == error(code)
