"""Every fault, seen from the other end of the socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox
from sandbox.acts import ACTS
from sandbox.faults import FRAME_FAULTS, HTTP_FAULTS, Faults

BUY = {"symbol": "AAPL", "qty": "2", "side": "buy", "type": "market", "time_in_force": "day"}
AUTH = {"action": "auth", "key": sandbox.PAPER_KEY, "secret": sandbox.PAPER_SECRET}
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates"]}}
Client = aiohttp.ClientSession
Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1) as running:
        yield running


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[Client]:
    keys = {"APCA-API-KEY-ID": sandbox.PAPER_KEY, "APCA-API-SECRET-KEY": sandbox.PAPER_SECRET}
    fresh = aiohttp.TCPConnector(force_close=True)  # aiohttp re-sends on a kept connection
    async with Client(box.alpaca.paper.url, headers=keys, connector=fresh) as session:
        yield session


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


async def until(condition: Callable[[], bool]) -> None:
    """Give way until it holds; pytest's own patience bounds it."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # the truth is across a socket
            await asyncio.sleep(0)


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


# Requests


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_error_answers_and_does_nothing(box: Sandbox, client: Client, status: int) -> None:
    box.faults.add("error", method="POST", path="/v2/orders", status=status)
    assert await place(client) == status
    assert orders(box) == 0
    assert await place(client) == 200


@pytest.mark.parametrize("retry_after", [None, 5])
async def test_rate_limited_says_when_to_come_back_or_does_not(
    box: Sandbox, client: Client, retry_after: int | None
) -> None:
    box.faults.add("rate_limited", retry_after=retry_after)
    async with client.get("/v2/account") as answer:
        expected = None if retry_after is None else str(retry_after)
        assert (answer.status, answer.headers.get("Retry-After")) == (429, expected)


async def test_refused_is_a_business_error_with_a_code(box: Sandbox, client: Client) -> None:
    box.faults.add("refused", method="POST")
    async with client.post("/v2/orders", json=BUY) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, 40310000)
    assert orders(box) == 0


async def test_unauthorized_lasts_for_as_long_as_was_asked(box: Sandbox, client: Client) -> None:
    box.faults.add("unauthorized", count=0)
    for _ in range(3):
        async with client.get("/v2/account") as answer:
            assert answer.status == 401
    box.faults.clear()
    assert await place(client) == 200


async def test_hang_accepts_and_never_answers(box: Sandbox, client: Client) -> None:
    box.faults.add("hang", method="POST")
    pending = asyncio.create_task(place(client))
    await until(lambda: bool(box.log.entries))
    assert (orders(box), pending.done()) == (0, False)
    pending.cancel()


async def test_reset_resets_the_connection_and_does_nothing(box: Sandbox, client: Client) -> None:
    box.faults.add("reset", method="POST")
    with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
        await place(client)
    assert orders(box) == 0


async def test_slow_answers_late(box: Sandbox, client: Client) -> None:
    box.faults.add("slow", path="/v2/account", seconds=0.05)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with client.get("/v2/account") as answer:
        assert answer.status == 200
    assert loop.time() - began >= 0.05


async def test_timeout_after_executes_and_never_answers(box: Sandbox, client: Client) -> None:
    box.faults.add("timeout_after", method="POST")
    pending = asyncio.create_task(place(client))
    await until(lambda: bool(box.paper.holdings))
    assert (orders(box), pending.done(), box.log.entries[-1].status) == (1, False, None)
    pending.cancel()


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_reset_after_executes_and_resets(box: Sandbox, client: Client, method: str) -> None:
    limit = BUY | {"type": "limit", "limit_price": "200"}
    async with client.post("/v2/orders", json=limit) as answer:
        order_id = (await answer.json())["id"]
    box.faults.add("reset_after", method=method)
    url = "/v2/orders" if method == "POST" else f"/v2/orders/{order_id}"
    body = {"limit_price": "201"} if method == "PATCH" else limit
    with pytest.raises(ConnectionResetError):
        await bare_request(box, method, url, body)
    statuses = [one.status.value for one in box.paper.orders.values()]
    assert (
        statuses
        == {
            "POST": ["NEW", "NEW"],
            "PATCH": ["REPLACED", "NEW"],
            "DELETE": ["CANCELED"],
        }[method]
    )
    assert len(box.log.entries) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_error_after_executes_and_says_it_failed(
    box: Sandbox, client: Client, status: int
) -> None:
    box.faults.add("error_after", method="POST", status=status)
    assert await place(client) == status
    assert orders(box) == 1


async def raw(client: Client) -> tuple[int, str, bytes]:
    """Place an order; status, content type and the bytes."""
    async with client.post("/v2/orders", json=BUY) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_garbage_after_executes_and_answers_bytes(box: Sandbox, client: Client) -> None:
    box.faults.add("garbage_after", method="POST")
    status, _, body = await raw(client)
    with pytest.raises(ValueError, match=r"decode|JSON|Expecting"):
        json.loads(body)
    assert (status, orders(box)) == (200, 1)


async def test_truncated_after_executes_and_answers_half(box: Sandbox, client: Client) -> None:
    box.faults.add("truncated_after", method="POST")
    status, kind, body = await raw(client)
    assert body.startswith(b'{"id":"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert (status, kind, orders(box)) == (200, "application/json", 1)


async def test_html_after_executes_and_answers_a_page(box: Sandbox, client: Client) -> None:
    box.faults.add("html_after", method="POST", status=502)
    status, kind, body = await raw(client)
    assert (status, kind, body[:6], orders(box)) == (502, "text/html", b"<html>", 1)


async def test_fill_first_streams_the_fill_before_it_answers(box: Sandbox, client: Client) -> None:
    box.faults.add("fill_first", method="POST")
    async with await listen(box, client) as socket:
        box.faults.add("slow", method="GET", path="/never")
        async with client.post("/v2/orders", json=BUY) as answer:
            assert (await answer.json())["status"] == "pending_new"
        assert await events(socket, 3) == ["pending_new", "new", "fill"]
    filled = box.exchange.events[-1]
    assert filled.execution is not None


async def test_alter_overwrites_fields(box: Sandbox, client: Client) -> None:
    await place(client)
    box.faults.add("alter", path="/v2/positions", set={"current_price": None})
    async with client.get("/v2/positions") as answer:
        assert [one["current_price"] for one in await answer.json()] == [None]


async def test_a_fault_happens_to_what_it_matches_and_as_often_as_asked(
    box: Sandbox, client: Client
) -> None:
    box.faults.add("error", method="PATCH", path="/v2/orders/*", count=2)
    assert await place(client) == 200
    statuses = []
    for _ in range(3):
        async with client.patch("/v2/orders/x", json={"qty": "1"}) as answer:
            statuses.append(answer.status)
    assert statuses == [500, 500, 404]
    assert box.faults.pending == []


# Frames


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("drop_frame", ["pending_new", "fill"]),
        ("duplicate_frame", ["pending_new", "new", "new", "fill"]),
        ("reorder_frame", ["pending_new", "fill", "new"]),
        ("delay_frame", ["pending_new", "new", "fill"]),
    ],
)
async def test_a_frame_can_be_lost_doubled_moved_or_late(
    box: Sandbox, client: Client, kind: str, expected: list[str]
) -> None:
    async with await listen(box, client) as socket:
        box.faults.add(kind, path="/stream", containing='"event":"new"', seconds=0.01)
        await place(client)
        assert await events(socket, len(expected)) == expected


@pytest.mark.parametrize("kind", ["garbage_frame", "truncated_frame"])
async def test_a_frame_can_be_unreadable(box: Sandbox, client: Client, kind: str) -> None:
    async with await listen(box, client) as socket:
        box.faults.add(kind, containing="fill")
        box.faults.add("drop_frame", count=2)
        await place(client)
        with pytest.raises(json.JSONDecodeError):
            json.loads((await socket.receive(timeout=5)).data)


async def test_a_frame_can_have_other_fields(box: Sandbox, client: Client) -> None:
    async with await listen(box, client) as socket:
        box.faults.add("alter_frame", set={"event": "unheard_of", "timestamp": None})
        await place(client)
        assert await events(socket, 1) == ["unheard_of"]


async def test_a_frame_can_be_another(box: Sandbox, client: Client) -> None:
    async with await listen(box, client) as socket:
        box.faults.add("replace_frame", text='{"stream":"other"}')
        await place(client)
        assert (await socket.receive(timeout=5)).data == b'{"stream":"other"}'


async def test_cut_on_frame_resets_the_socket(box: Sandbox, client: Client) -> None:
    async with await listen(box, client) as socket:
        box.faults.add("cut_on_frame")
        await place(client)
        assert (await socket.receive(timeout=5)).type in GONE


GONE = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSING}


async def is_mute(socket: Socket) -> bool:
    """Whether it is open and answers no ping."""
    await socket.ping(b"there?")
    with suppress(TimeoutError):
        await socket.receive(timeout=0.1)
        return False
    return not socket.closed


async def test_a_live_socket_answers_pings(box: Sandbox, client: Client) -> None:
    async with await listen(box, client) as socket:
        await socket.ping(b"there?")
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.PONG


async def test_mute_on_frame_leaves_the_socket_half_open(box: Sandbox, client: Client) -> None:
    socket = await listen(box, client)
    box.faults.add("mute_on_frame", containing="pending_new")
    await place(client)
    assert await is_mute(socket)


async def test_a_stream_can_be_refused_at_the_handshake(box: Sandbox, client: Client) -> None:
    box.faults.add("rate_limited", path="/stream")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await listen(box, client)
    assert caught.value.status == 429


async def test_a_stream_can_be_accepted_and_never_shake_hands(box: Sandbox, client: Client) -> None:
    box.faults.add("hang", path="/stream")
    pending = asyncio.create_task(listen(box, client))
    await until(lambda: bool(box.log.entries))
    assert not pending.done()
    pending.cancel()


# At once


async def test_outage_refuses_connections_until_restore(box: Sandbox, client: Client) -> None:
    await place(client)
    await box.inflict("outage")
    with pytest.raises(aiohttp.ClientConnectorError):
        await place(client)
    await box.inflict("restore")
    assert await place(client) == 200


async def test_outage_can_end_by_itself_and_be_of_one_host(box: Sandbox, client: Client) -> None:
    await box.inflict("outage", host="alpaca-paper", seconds=0.05)
    async with client.get(box.alpaca.market.url + "/v2/stocks/quotes/latest") as answer:
        assert answer.status == 200
    with pytest.raises(aiohttp.ClientConnectorError):
        await place(client)
    async with asyncio.timeout(5):
        while True:
            with suppress(aiohttp.ClientConnectorError):
                assert await place(client) == 200
                break


async def test_restart_drops_connections_and_keeps_port_and_books(
    box: Sandbox, client: Client
) -> None:
    url = box.alpaca.paper.url
    await place(client)
    async with await listen(box, client) as socket:
        await box.inflict("restart")
        assert (await socket.receive(timeout=5)).type in GONE
    assert (box.alpaca.paper.url, await place(client), orders(box)) == (url, 200, 2)


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_cut_streams_can_close_with_a_code(box: Sandbox, client: Client, code: int) -> None:
    async with await listen(box, client) as socket:
        await box.inflict("cut_streams", code=code)
        message = await socket.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, code)


async def test_cut_streams_resets_every_socket(box: Sandbox, client: Client) -> None:
    async with await listen(box, client) as socket:
        await box.inflict("cut_streams")
        assert (await socket.receive(timeout=5)).type in GONE


async def test_mute_streams_leaves_them_half_open(box: Sandbox, client: Client) -> None:
    socket = await listen(box, client)
    await box.inflict("mute_streams")
    assert await is_mute(socket)


async def test_revoke_kills_a_key_and_its_sockets(box: Sandbox, client: Client) -> None:
    async with await listen(box, client) as socket:
        await box.inflict("revoke", id=sandbox.PAPER_KEY)
        assert (await socket.receive(timeout=5)).type in GONE
    assert await place(client) == 401


async def test_partial_fills_fill_bit_by_bit(box: Sandbox, client: Client) -> None:
    await box.inflict("partial_fills", symbol="AAPL", quantity="1")
    async with await listen(box, client) as socket:
        await place(client)
        box.tick()
        assert await events(socket, 4) == ["pending_new", "new", "partial_fill", "fill"]


async def test_refuse_replacements_takes_back_what_was_accepted(
    box: Sandbox, client: Client
) -> None:
    async with client.post("/v2/orders", json=BUY | {"type": "limit", "limit_price": "200"}) as one:
        order_id = (await one.json())["id"]
    await box.inflict("refuse_replacements")
    async with await listen(box, client) as socket:
        async with client.patch(f"/v2/orders/{order_id}", json={"limit_price": "201"}) as answer:
            assert answer.status == 200
        assert await events(socket, 4) == [
            "pending_replace",
            "pending_new",
            "order_replace_rejected",
            "rejected",
        ]


async def test_reject_comes_after_acceptance(box: Sandbox, client: Client) -> None:
    async with client.post("/v2/orders", json=BUY | {"type": "limit", "limit_price": "200"}) as one:
        order_id = (await one.json())["id"]
    async with await listen(box, client) as socket:
        await box.inflict("reject", id=order_id)
        assert await events(socket, 1) == ["rejected"]


async def test_bust_and_correct_change_what_was_done(box: Sandbox, client: Client) -> None:
    await place(client)
    async with await listen(box, client) as socket:
        await box.inflict("correct", price="249")
        assert box.paper.cash == 100_000 - 498
        await box.inflict("bust")
        assert await events(socket, 2) == ["trade_correct", "trade_bust"]
    assert (box.paper.cash, box.paper.holdings) == (Decimal(100_000), {})


# Asking for them


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("no such thing", {}),
        ("error", {"colour": "red"}),
        ("error", {"count": "many"}),
        ("bust", {}),
    ],
)
async def test_what_makes_no_sense_is_a_value_error(
    box: Sandbox, kind: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        await box.inflict(kind, **fields)
    assert box.faults.pending == []


def test_every_kind_has_a_test_here() -> None:
    from pathlib import Path

    mine = Path(__file__).read_text(encoding="utf-8")
    kinds = [*HTTP_FAULTS, *FRAME_FAULTS, *ACTS]
    assert [one for one in kinds if f'"{one}"' not in mine] == []


def test_faults_happen_in_the_order_they_were_asked_for() -> None:
    faults = Faults()
    faults.add("error", status=500)
    faults.add("error", status=503)
    taken = [faults.take("GET", "/") for _ in range(3)]
    assert [one and one.status for one in taken] == [500, 503, None]
