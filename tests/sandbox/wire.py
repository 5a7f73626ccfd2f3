"""Short ways to talk to the sandbox's Alpaca as a client does."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import aiohttp

import sandbox
from sandbox import Sandbox

Client = aiohttp.ClientSession
Socket = aiohttp.ClientWebSocketResponse

KEYS = {"APCA-API-KEY-ID": sandbox.PAPER_KEY, "APCA-API-SECRET-KEY": sandbox.PAPER_SECRET}
AUTH = {"action": "auth", "key": sandbox.PAPER_KEY, "secret": sandbox.PAPER_SECRET}
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates"]}}
BUY = {"symbol": "AAPL", "qty": "2", "side": "buy", "type": "market", "time_in_force": "day"}
LIMIT = BUY | {"type": "limit", "limit_price": "200"}
GONE = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSING}


async def say(socket: Socket, message: Any) -> Any:
    """Send one message and read the answer."""
    await socket.send_json(message)
    return await read(socket)


async def read(socket: Socket) -> Any:
    """One frame."""
    return json.loads((await socket.receive(timeout=5)).data)


async def ask(client: Client, method: str, url: str, **options: Any) -> tuple[int, Any]:
    """Status and body."""
    async with client.request(method, url, **options) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


async def rest(client: Client, **terms: str) -> str:
    """Place an order far from the market; its id."""
    _, order = await ask(client, "POST", "/v2/orders", json=LIMIT | terms)
    return str(order["id"])


async def listen(box: Sandbox, client: Client) -> Socket:
    """A socket that hears of trade updates; it answers no ping unless it is read."""
    socket = await client.ws_connect(box.alpaca.paper.socket_url + "/stream", autoping=False)
    for message in (AUTH, LISTEN):
        await socket.send_json(message)
        await socket.receive(timeout=5)
    return socket


async def events(socket: Socket, count: int) -> list[str]:
    """The names of the next trade updates."""
    return [
        json.loads((await socket.receive(timeout=5)).data)["data"]["event"] for _ in range(count)
    ]


async def place(client: Client) -> int:
    """Place an order; the status."""
    async with client.post("/v2/orders", json=BUY) as answer:
        await answer.read()
        return answer.status


async def bare_request(box: Sandbox, method: str, url: str, body: Any) -> bytes:
    """What comes back on a bare socket: aiohttp's client would send a DELETE a second time."""
    text = json.dumps(body).encode()
    head = (
        f"{method} {url} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {len(text)}\r\n"
        f"APCA-API-KEY-ID: {sandbox.PAPER_KEY}\r\n"
        f"APCA-API-SECRET-KEY: {sandbox.PAPER_SECRET}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", box.alpaca.paper.port)
    try:
        writer.write(head.encode() + text)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


def orders(box: Sandbox) -> int:
    """How many orders there are in truth."""
    return len(box.paper.orders)


async def is_mute(socket: Socket) -> bool:
    """Whether it is open and answers no ping."""
    await socket.ping(b"there?")
    with suppress(TimeoutError):
        await socket.receive(timeout=0.1)
        return False
    return not socket.closed
