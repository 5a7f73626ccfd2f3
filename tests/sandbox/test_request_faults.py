"""Every fault of a request, seen from the other end of the socket."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.faults import Faults
from tests.sandbox.wire import (
    BUY,
    LIMIT,
    Client,
    bare_request,
    events,
    listen,
    orders,
    place,
    rest,
)
from tests.waiting import until


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_error_answers_and_does_nothing(box: Sandbox, paper: Client, status: int) -> None:
    box.faults.add("error", method="POST", path="/v2/orders", status=status)
    assert await place(paper) == status
    assert orders(box) == 0
    assert await place(paper) == 200


@pytest.mark.parametrize("retry_after", [None, 5])
async def test_rate_limited_says_when_to_come_back_or_does_not(
    box: Sandbox, paper: Client, retry_after: int | None
) -> None:
    box.faults.add("rate_limited", retry_after=retry_after)
    async with paper.get("/v2/account") as answer:
        expected = None if retry_after is None else str(retry_after)
        assert (answer.status, answer.headers.get("Retry-After")) == (429, expected)


async def test_refused_is_a_business_error_with_a_code(box: Sandbox, paper: Client) -> None:
    box.faults.add("refused", method="POST")
    async with paper.post("/v2/orders", json=BUY) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, 40310000)
    assert orders(box) == 0


async def test_unauthorized_lasts_for_as_long_as_was_asked(box: Sandbox, paper: Client) -> None:
    box.faults.add("unauthorized", count=0)
    for _ in range(3):
        async with paper.get("/v2/account") as answer:
            assert answer.status == 401
    box.faults.clear()
    assert await place(paper) == 200


async def test_hang_accepts_and_never_answers(box: Sandbox, paper: Client) -> None:
    box.faults.add("hang", method="POST")
    pending = asyncio.create_task(place(paper))
    await until(lambda: bool(box.log.entries))
    assert (orders(box), pending.done()) == (0, False)
    pending.cancel()


async def test_reset_resets_the_connection_and_does_nothing(box: Sandbox, paper: Client) -> None:
    box.faults.add("reset", method="POST")
    with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
        await place(paper)
    assert orders(box) == 0


async def test_slow_answers_late(box: Sandbox, paper: Client) -> None:
    box.faults.add("slow", path="/v2/account", seconds=0.05)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with paper.get("/v2/account") as answer:
        assert answer.status == 200
    assert loop.time() - began >= 0.05


async def test_timeout_after_executes_and_never_answers(box: Sandbox, paper: Client) -> None:
    box.faults.add("timeout_after", method="POST")
    pending = asyncio.create_task(place(paper))
    await until(lambda: bool(box.paper.holdings))
    assert (orders(box), pending.done(), box.log.entries[-1].status) == (1, False, None)
    pending.cancel()


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_reset_after_executes_and_resets(box: Sandbox, paper: Client, method: str) -> None:
    order_id = await rest(paper)
    box.faults.add("reset_after", method=method)
    url = "/v2/orders" if method == "POST" else f"/v2/orders/{order_id}"
    body = {"limit_price": "201"} if method == "PATCH" else LIMIT
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
    box: Sandbox, paper: Client, status: int
) -> None:
    box.faults.add("error_after", method="POST", status=status)
    assert await place(paper) == status
    assert orders(box) == 1


async def raw(paper: Client) -> tuple[int, str, bytes]:
    """Place an order; status, content type and the bytes."""
    async with paper.post("/v2/orders", json=BUY) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_garbage_after_executes_and_answers_bytes(box: Sandbox, paper: Client) -> None:
    box.faults.add("garbage_after", method="POST")
    status, _, body = await raw(paper)
    with pytest.raises(ValueError, match=r"decode|JSON|Expecting"):
        json.loads(body)
    assert (status, orders(box)) == (200, 1)


async def test_truncated_after_executes_and_answers_half(box: Sandbox, paper: Client) -> None:
    box.faults.add("truncated_after", method="POST")
    status, kind, body = await raw(paper)
    assert body.startswith(b'{"id":"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert (status, kind, orders(box)) == (200, "application/json", 1)


async def test_html_after_executes_and_answers_a_page(box: Sandbox, paper: Client) -> None:
    box.faults.add("html_after", method="POST", status=502)
    status, kind, body = await raw(paper)
    assert (status, kind, body[:6], orders(box)) == (502, "text/html", b"<html>", 1)


async def test_fill_first_streams_the_fill_before_it_answers(box: Sandbox, paper: Client) -> None:
    box.faults.add("fill_first", method="POST")
    async with await listen(box, paper) as socket:
        box.faults.add("slow", method="GET", path="/never")
        async with paper.post("/v2/orders", json=BUY) as answer:
            assert (await answer.json())["status"] == "pending_new"
        assert await events(socket, 3) == ["pending_new", "new", "fill"]
    filled = box.exchange.events[-1]
    assert filled.execution is not None


async def test_alter_overwrites_fields(box: Sandbox, paper: Client) -> None:
    await place(paper)
    box.faults.add("alter", path="/v2/positions", set={"current_price": None})
    async with paper.get("/v2/positions") as answer:
        assert [one["current_price"] for one in await answer.json()] == [None]


async def test_a_fault_happens_to_what_it_matches_and_as_often_as_asked(
    box: Sandbox, paper: Client
) -> None:
    box.faults.add("error", method="PATCH", path="/v2/orders/*", count=2)
    assert await place(paper) == 200
    statuses = []
    for _ in range(3):
        async with paper.patch("/v2/orders/x", json={"qty": "1"}) as answer:
            statuses.append(answer.status)
    assert statuses == [500, 500, 404]
    assert box.faults.pending == []


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


def test_faults_happen_in_the_order_they_were_asked_for() -> None:
    faults = Faults()
    faults.add("error", status=500)
    faults.add("error", status=503)
    taken = [faults.take("GET", "/") for _ in range(3)]
    assert [one and one.status for one in taken] == [500, 503, None]
