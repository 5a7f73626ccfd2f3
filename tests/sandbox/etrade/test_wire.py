"""What E*TRADE's sandbox answers by itself, to a client that only signs."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from authlib.oauth1 import ClientAuth
from authlib.oauth1.rfc5849.parameters import prepare_headers
from yarl import URL

import sandbox
from sandbox import Sandbox
from sandbox.clock import ManualClock

NOON = datetime(2026, 6, 1, 16, tzinfo=UTC)
ORDER = {
    "allOrNone": "false",
    "priceType": "LIMIT",
    "orderTerm": "GOOD_FOR_DAY",
    "marketSession": "REGULAR",
    "limitPrice": "100",
    "Instrument": [
        {
            "Product": {"securityType": "EQ", "symbol": "AAPL"},
            "orderAction": "BUY",
            "quantityType": "QUANTITY",
            "quantity": "2",
        }
    ],
}
Ask = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def box(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, clock=clock, rate_limit=30) as running:
        yield running


@pytest.fixture
async def ask(box: Sandbox, clock: ManualClock) -> AsyncIterator[Ask]:
    """A request, signed by whatever the sandbox has given out."""
    token = box.etrade.token()
    auth = ClientAuth(
        token["consumer_key"],
        token["consumer_secret"],
        token=token["token"],
        token_secret=token["token_secret"],
    )
    numbers = iter(range(10_000))

    async def asked(method: str, path: str, sent: Any = None) -> tuple[int, str]:
        url = box.etrade.host.url + path
        told = auth.get_oauth_params(f"n{next(numbers)}", str(int(clock().timestamp())))
        signature = auth.get_oauth_signature(method, url, prepare_headers(told, {}), b"")
        headers = prepare_headers([*told, ("oauth_signature", signature)], {})
        target = URL(url, encoded=True)
        async with client.request(method, target, headers=headers, json=sent) as answer:
            return answer.status, await answer.text()

    async with aiohttp.ClientSession() as client:
        yield asked


def orders(box: Sandbox) -> str:
    return f"/v1/accounts/{box.etrade.person.listed[0].key}/orders"


def body(root: str, client_id: str = "one", **more: Any) -> dict[str, Any]:
    return {root: {"orderType": "EQ", "clientOrderId": client_id, "Order": [ORDER], **more}}


async def previewed(ask: Ask, box: Sandbox, client_id: str = "one") -> dict[str, Any]:
    status, text = await ask(
        "POST", f"{orders(box)}/preview.json", body("PreviewOrderRequest", client_id)
    )
    assert status == 200, text
    ids = json.loads(text)["PreviewOrderResponse"]["PreviewIds"]
    return body("PlaceOrderRequest", client_id, PreviewIds=ids)


async def test_nothing_is_an_empty_answer(ask: Ask, box: Sandbox) -> None:
    assert await ask("GET", f"{orders(box)}.json") == (204, "")
    portfolio = orders(box).replace("orders", "portfolio")
    assert await ask("GET", f"{portfolio}.json") == (204, "")


async def test_xml_comes_where_json_is_not_asked_for(ask: Ask) -> None:
    status, text = await ask("GET", "/v1/accounts/list")
    assert (status, text[:5]) == (200, "<?xml")
    assert "<accountMode>MARGIN</accountMode>" in text


async def test_a_balance_that_does_not_say_of_what_is_a_page_of_html(
    ask: Ask, box: Sandbox
) -> None:
    status, text = await ask("GET", f"{orders(box).replace('orders', 'balance')}.json")
    assert (status, "<html>" in text) == (500, True)


async def test_a_change_by_post_is_not_allowed(ask: Ask, box: Sandbox) -> None:
    status, text = await ask("POST", f"{orders(box)}/501/change/preview.json", {})
    assert (status, "9999" in text) == (405, True)


async def test_what_was_not_previewed_is_not_placed(ask: Ask, box: Sandbox) -> None:
    wanted = await previewed(ask, box)
    place = f"{orders(box)}/place.json"
    lower = {"PlaceOrderRequest": {**wanted["PlaceOrderRequest"], "previewIds": []}}
    del lower["PlaceOrderRequest"]["PreviewIds"]
    dearer = body("PlaceOrderRequest", PreviewIds=wanted["PlaceOrderRequest"]["PreviewIds"])
    dearer["PlaceOrderRequest"]["Order"] = [{**ORDER, "limitPrice": "101"}]
    for asked in (lower, dearer):
        status, text = await ask("POST", place, asked)
        assert (status, '"code":101' in text) == (400, True)
    assert (await ask("POST", place, wanted))[0] == 200
    assert len(box.etrade.margin.orders) == 1


async def test_a_preview_that_is_too_old_is_not_placed(
    ask: Ask, box: Sandbox, clock: ManualClock
) -> None:
    wanted = await previewed(ask, box)
    clock.advance(timedelta(minutes=3, seconds=1))
    status, text = await ask("POST", f"{orders(box)}/place.json", wanted)
    assert (status, "timed out" in text) == (400, True)


async def test_a_client_order_id_is_taken_once(ask: Ask, box: Sandbox) -> None:
    wanted = await previewed(ask, box)
    assert (await ask("POST", f"{orders(box)}/place.json", wanted))[0] == 200
    status, text = await ask("POST", f"{orders(box)}/place.json", wanted)
    assert (status, '"code":1042' in text) == (400, True)


async def test_too_many_requests_of_a_module_are_refused(ask: Ask, clock: ManualClock) -> None:
    statuses = [(await ask("GET", "/v1/accounts/list.json"))[0] for _ in range(31)]
    assert statuses == [200] * 30 + [400]
    assert (await ask("GET", "/v1/market/quote/AAPL.json"))[0] == 200
    clock.advance(timedelta(minutes=1))
    assert (await ask("GET", "/v1/accounts/list.json"))[0] == 200


async def test_a_token_sleeps_after_two_hours_and_renewing_wakes_it_until_midnight(
    ask: Ask, clock: ManualClock
) -> None:
    clock.advance(timedelta(hours=2))
    status, text = await ask("GET", "/v1/accounts/list.json")
    assert (status, "token_rejected" in text) == (401, True)
    assert await ask("GET", "/oauth/renew_access_token") == (200, "Access Token has been renewed")
    assert (await ask("GET", "/v1/accounts/list.json"))[0] == 200
    clock.advance(timedelta(hours=10))
    for path in ("/v1/accounts/list.json", "/oauth/renew_access_token"):
        status, text = await ask("GET", path)
        assert (status, "token_expired" in text) == (401, True)


@pytest.mark.parametrize("path", ["/v1/accounts/list.json", "/oauth/renew_access_token"])
async def test_nobody_is_let_in_unsigned(box: Sandbox, path: str) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.get(box.etrade.host.url + path) as answer,
    ):
        assert answer.status == 401
        assert "oauth_problem" in await answer.text()


async def test_a_token_is_revoked_on_command(ask: Ask, box: Sandbox) -> None:
    (token,) = box.etrade.tokens.access
    await box.inflict("revoke", id=token)
    status, text = await ask("GET", "/v1/accounts/list.json")
    assert (status, "token_rejected" in text) == (401, True)
