"""What Alpaca refuses, in the bodies that were recorded of it."""

import json
from typing import Any

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox
from tests.recordings import needs_recordings
from tests.sandbox.alpaca.openapi import recorded
from tests.sandbox.wire import BUY, KEYS, LIMIT, ask


@needs_recordings
@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"{", 400, "400_40010000_body_format"),
        (b"[]", 400, "400_40010000_body_format"),
        (BUY | {"qty": "0"}, 422, "422_42210001_validation"),
        (
            BUY | {"type": "limit", "limit_price": "290.123"},
            422,
            "422_42210000_invalid_limit_price_290_123_sub_penny_i",
        ),
        (
            BUY | {"type": "stop", "stop_price": "290.123"},
            422,
            "422_42210000_invalid_stop_price_290_123_sub_penny_in",
        ),
    ],
)
async def test_a_bad_order_gets_the_recorded_body(
    paper: aiohttp.ClientSession, body: Any, status: int, name: str
) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert await ask(paper, "POST", "/v2/orders", data=data) == (
        status,
        recorded(f"errors/{name}.json"),
    )


@needs_recordings
async def test_too_large_an_order_gets_the_recorded_fields(paper: aiohttp.ClientSession) -> None:
    status, body = await ask(paper, "POST", "/v2/orders", json=BUY | {"qty": "100000"})
    expected = recorded("errors/403_40310000_insufficient_buying_power.json")
    assert (status, set(body)) == (403, set(expected))
    assert (body["code"], body["message"]) == (expected["code"], expected["message"])


@needs_recordings
async def test_a_client_order_id_is_refused_for_ever_after(paper: aiohttp.ClientSession) -> None:
    once = LIMIT | {"client_order_id": "once"}
    _, order = await ask(paper, "POST", "/v2/orders", json=once)
    assert await ask(paper, "DELETE", f"/v2/orders/{order['id']}") == (204, None)
    expected = recorded("errors/422_40010001_client_order_id_dup.json")
    assert await ask(paper, "POST", "/v2/orders", json=once) == (422, expected)


@needs_recordings
@pytest.mark.parametrize("environment", ["paper", "live"])
@pytest.mark.parametrize(
    ("key", "secret"),
    [
        (sandbox.PAPER_KEY, "wrong"),
        ("PKUNKNOWN", "wrong"),
        (sandbox.LIVE_KEY, sandbox.LIVE_SECRET),
        (sandbox.PAPER_KEY, sandbox.PAPER_SECRET),
    ],
)
async def test_a_key_opens_its_own_host_only(
    box: Sandbox, environment: str, key: str, secret: str
) -> None:
    host = box.alpaca.paper if environment == "paper" else box.alpaca.live
    right = {"PK": "paper", "AK": "live"}[key[:2]] == environment and secret != "wrong"
    headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret}
    async with aiohttp.ClientSession(host.url, headers=headers) as client:
        status, body = await ask(client, "GET", "/v2/account")
    assert status == (200 if right else 403)
    assert right or body == recorded("errors/403_forbidden_bad_keys.json")


@needs_recordings
async def test_no_credential_at_all_is_unauthorized(box: Sandbox) -> None:
    async with aiohttp.ClientSession(box.alpaca.paper.url) as client:
        answer = await ask(client, "GET", "/v2/account")
    assert answer == (401, recorded("errors/401_40110000_unauthorized.json"))


@pytest.mark.parametrize(
    ("method", "url", "message"),
    [
        ("GET", "/v2/orders/unknown", "order unknown not found"),
        ("GET", "/v2/orders:by_client_order_id?client_order_id=x", "order not found"),
        ("GET", "/v2/positions/AAPL", "position does not exist"),
        ("DELETE", "/v2/positions/AAPL", "position does not exist"),
        ("GET", "/v2/assets/NOPE", "asset for NOPE not found"),
        ("GET", "/v2/options/contracts/NOPE", "option contract NOPE not found"),
    ],
)
async def test_what_there_is_not_is_not_found(
    paper: aiohttp.ClientSession, method: str, url: str, message: str
) -> None:
    expected = {"code": 40410000, "message": message}
    assert await ask(paper, method, url) == (404, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbol": "BTC/USD"}, "invalid crypto time_in_force"),
        (
            {"symbol": "BTC/USD", "time_in_force": "gtc", "type": "stop", "stop_price": "1"},
            "invalid order type for crypto order",
        ),
        (
            {"symbol": "AAPL271217C00250000", "time_in_force": "gtc"},
            "time_in_force must be day for options orders",
        ),
        ({"qty": "0.5", "time_in_force": "gtc"}, "fractional orders must be DAY orders"),
        (
            {
                "qty": "0.5",
                "order_class": "bracket",
                "take_profit": {"limit_price": "300"},
                "stop_loss": {"stop_price": "200"},
            },
            "fractional orders must be simple orders",
        ),
        ({"extended_hours": True}, "extended hours order must be DAY limit orders"),
        ({"side": "hold"}, "invalid side"),
        ({"type": None}, "type is required"),
        ({"qty": "many"}, "qty must be a number"),
        ({"qty": "Infinity"}, "qty must be a number"),
        ({"order_class": "bracket"}, "bracket orders require take_profit and stop_loss"),
        ({"order_class": "oco"}, "oco orders must be limit orders"),
        ({"order_class": "mleg"}, "mleg orders require qty and at least two legs"),
    ],
)
async def test_the_order_matrix_has_no_place_for_it(
    paper: aiohttp.ClientSession, change: dict[str, Any], message: str
) -> None:
    status, body = await ask(paper, "POST", "/v2/orders", json=BUY | change)
    assert status == 422
    assert body["message"].startswith(message)


async def test_an_order_that_is_done_can_be_neither_cancelled_nor_replaced(
    paper: aiohttp.ClientSession,
) -> None:
    _, order = await ask(paper, "POST", "/v2/orders", json=BUY)
    url = f"/v2/orders/{order['id']}"
    assert (await ask(paper, "DELETE", url))[0] == 422
    assert (await ask(paper, "PATCH", url, json={"qty": "2"}))[0] == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("status=closed", 1),
        ("status=all", 3),
        ("status=all&limit=1", 1),
        ("status=all&symbols=MSFT", 1),
        ("status=all&symbols=BTCUSD", 0),
        ("status=all&side=sell", 0),
        ("status=all&after_order_id={first}", 2),
        ("status=all&before_order_id={first}", 0),
        ("status=all&after={at}", 2),
        ("status=all&until={at}", 0),
    ],
)
async def test_orders_are_filtered_as_asked(
    paper: aiohttp.ClientSession, query: str, count: int
) -> None:
    _, first = await ask(paper, "POST", "/v2/orders", json=BUY)
    for symbol in ("AAPL", "MSFT"):
        await ask(paper, "POST", "/v2/orders", json=LIMIT | {"symbol": symbol})
    asked = query.format(first=first["id"], at=first["submitted_at"])
    _, found = await ask(paper, "GET", f"/v2/orders?{asked}")
    assert len(found) == count
    times = [one["submitted_at"] for one in found]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("direction", ["desc", "asc"])
async def test_activities_are_paged_by_the_last_id(
    paper: aiohttp.ClientSession, direction: str
) -> None:
    for _ in range(5):
        await ask(paper, "POST", "/v2/orders", json=BUY)
    seen: list[str] = []
    token = ""
    while True:
        url = f"/v2/account/activities?page_size=2&direction={direction}&page_token={token}"
        _, page = await ask(paper, "GET", url)
        if not page:
            break
        seen += [one["id"] for one in page]
        token = page[-1]["id"]
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen, reverse=direction == "desc")


async def test_the_rate_limit_is_kept_for_each_key_and_told_in_headers() -> None:
    async with (
        sandbox.serve(rate_limit=2) as box,
        aiohttp.ClientSession(
            box.alpaca.paper.url,
            headers=KEYS,
        ) as client,
    ):
        left = []
        for _ in range(3):
            async with client.get("/v2/clock") as answer:
                left.append((answer.status, answer.headers["X-RateLimit-Remaining"]))
                assert answer.headers["X-RateLimit-Limit"] == "2"
                assert int(answer.headers["X-RateLimit-Reset"]) > 0
                assert answer.headers["X-Request-ID"]
        assert left == [(200, "1"), (200, "0"), (429, "0")]


async def test_every_answer_has_a_request_id_of_its_own(
    box: Sandbox, paper: aiohttp.ClientSession
) -> None:
    ids = []
    box.faults.add("error", path="/v2/clock")
    for url in ("/v2/account", "/v2/nowhere", "/v2/clock"):
        async with paper.get(url) as answer:
            ids.append(answer.headers["X-Request-ID"])
    logged = [one.request_id for one in box.log.entries]
    assert len(set(ids)) == 3
    assert ids == logged
