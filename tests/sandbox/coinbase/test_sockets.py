"""The websockets: subscribed channel by channel, numbered, beating, and left open on errors."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

import sandbox
from app.clock import RealClock
from brokers.coinbase.keys import Signer
from brokers.contract import Credentials
from sandbox import Sandbox
from sandbox.coinbase.keys import Key
from sandbox.host import Host
from sandbox.orders import OrdType, Side, Ticket, TimeInForce

Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=10_000) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def opened(client: aiohttp.ClientSession, host: Host) -> Socket:
    return await client.ws_connect(host.socket_url)


async def ask(socket: Socket, channel: str, *products: str, token: str | None = None) -> Any:
    """Subscribe, and read the answer."""
    message = {"type": "subscribe", "channel": channel, "product_ids": products}
    await socket.send_json(message if token is None else message | {"jwt": token})
    return await read(socket)


async def read(socket: Socket) -> Any:
    return json.loads((await socket.receive(timeout=5)).data)


def token(key: Key) -> str:
    credentials = {"key_name": key.name, "private_key": key.secret}
    return Signer(Credentials(credentials), RealClock()).subscription()


def rest(box: Sandbox) -> None:
    """An order far from the market, by another way."""
    ticket = Ticket(
        symbol="BTC/USD",
        side=Side.BUY,
        type=OrdType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
        quantity=Decimal("0.0001"),
        limit_price=Decimal(100),
    )
    box.exchange.submit(box.coinbase.account, ticket)
    box.exchange.work()


async def test_open_orders_come_first_fifty_at_a_time_and_then_what_happens(
    box: Sandbox, client: aiohttp.ClientSession
) -> None:
    for _ in range(101):
        rest(box)
    socket = await opened(client, box.coinbase.user)
    ack = await ask(socket, "user", token=token(box.coinbase.key))
    snapshots = [await read(socket) for _ in range(3)]
    rest(box)
    updates = [await read(socket) for _ in range(2)]
    assert ack["events"] == [{"subscriptions": {"user": [box.coinbase.account.id]}}]
    assert [len(one["events"][0]["orders"]) for one in snapshots] == [50, 50, 1]
    assert {one["events"][0]["type"] for one in snapshots} == {"snapshot"}
    assert [one["events"][0]["orders"][0]["status"] for one in updates] == ["PENDING", "OPEN"]
    frames = [ack, *snapshots, *updates]
    assert [one["sequence_num"] for one in frames] == list(range(6))


async def test_without_open_orders_there_is_an_empty_snapshot(
    box: Sandbox, client: aiohttp.ClientSession
) -> None:
    socket = await opened(client, box.coinbase.user)
    await ask(socket, "user", token=token(box.coinbase.key))
    assert (await read(socket))["events"] == [{"type": "snapshot", "orders": []}]


async def test_a_bad_token_is_told_and_the_socket_stays_open(
    box: Sandbox, client: aiohttp.ClientSession
) -> None:
    socket = await opened(client, box.coinbase.user)
    wrong = {"type": "error", "message": "authentication failure"}
    assert await ask(socket, "user") == wrong
    assert await ask(socket, "user", token="x.y.z") == wrong
    once = token(box.coinbase.key)
    assert (await ask(socket, "user", token=once))["channel"] == "subscriptions"
    await read(socket)
    assert await ask(socket, "user", token=once) == wrong


async def test_prices_need_no_key_and_start_with_how_they_stand(
    box: Sandbox, client: aiohttp.ClientSession
) -> None:
    socket = await opened(client, box.coinbase.market)
    ack = await ask(socket, "ticker", "BTC-USD")
    first = await read(socket)
    box.exchange.set_price("BTC/USD", Decimal(90_000))
    later = await read(socket)
    assert ack["events"][0]["subscriptions"] == {"ticker": ["BTC-USD"]}
    assert [one["events"][0]["type"] for one in (first, later)] == ["snapshot", "update"]
    assert later["events"][0]["tickers"][0]["price"] == "90000"
    assert (await ask(socket, "user", token=token(box.coinbase.key)))["type"] == "error"


async def test_heartbeats_count_on(box: Sandbox, client: aiohttp.ClientSession) -> None:
    box.coinbase.markets.beat = 0.01
    socket = await opened(client, box.coinbase.market)
    ack = await ask(socket, "heartbeats", token=token(box.coinbase.key))
    assert ack["events"] == [{"subscriptions": {"heartbeats": ["heartbeats"]}}]
    beats = [(await read(socket))["events"][0]["heartbeat_counter"] for _ in range(3)]
    assert beats == [1, 2, 3]


async def test_who_subscribes_to_nothing_is_let_go_of(
    box: Sandbox, client: aiohttp.ClientSession
) -> None:
    box.coinbase.users.first_subscribe_within = 0.01
    socket = await opened(client, box.coinbase.user)
    assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_a_deleted_key_loses_its_socket(box: Sandbox, client: aiohttp.ClientSession) -> None:
    socket = await opened(client, box.coinbase.user)
    await ask(socket, "user", token=token(box.coinbase.key))
    await read(socket)
    await box.inflict("revoke", id=box.coinbase.key.name)
    assert (await socket.receive(timeout=5)).type in {
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
        aiohttp.WSMsgType.CLOSING,
    }
