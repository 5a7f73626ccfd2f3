"""Trading through GraphQL alone."""

import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from tests.flow.follower import Follower
from tests.flow.world import Api, World, world
from tests.waiting import asked_until

ROOT = Path(__file__).resolve().parents[2]
OUTCOME = """
  outcome {
    __typename
    ... on OrderPlaced { order { id status clientOrderId quantity limitPrice } intent { id state } }
    ... on OrderRefused { code message intent { id state } }
    ... on OrderUnknown { message intent { id state } }
  }
  userErrors { code field message }
"""
PLACE = f"mutation P($input: PlaceOrderInput!) {{ placeOrder(input: $input) {{ {OUTCOME} }} }}"
REPLACE = (
    f"mutation R($input: ReplaceOrderInput!) {{ replaceOrder(input: $input) {{ {OUTCOME} }} }}"
)
CLOSE = (
    f"mutation C($input: ClosePositionInput!) {{ closePosition(input: $input) {{ {OUTCOME} }} }}"
)
RESOLVE = (
    f"mutation S($input: ResolveOrderInput!) {{ resolveOrder(input: $input) {{ {OUTCOME} }} }}"
)
PREVIEW = """
mutation V($input: PreviewOrderInput!) { previewOrder(input: $input) {
  preview { source cost currency positionAfter buyingPowerAfter warnings token expiresAt }
  userErrors { code message }
} }
"""
CANCEL = """
mutation K($input: CancelOrderInput!) { cancelOrder(input: $input) {
  order { id status } userErrors { code message }
} }
"""
CANCEL_ALL = """
mutation A($input: CancelAllOrdersInput!) { cancelAllOrders(input: $input) {
  over { id status } unconfirmed { order { id } code message } userErrors { code }
} }
"""
HALT = """
mutation H($input: HaltInput!) { halt(input: $input) {
  standing { scope id state since reason } inFlight { id } over { id } unconfirmed { code }
  exits { id state kind } notFlattened { accountId code message } userErrors { code message }
} }
"""
RESUME = """
mutation E($input: ResumeInput!) { resume(input: $input) {
  standing { state } userErrors { code }
} }
"""
LIMITS = """
mutation L($input: SetRiskLimitsInput!) { setRiskLimits(input: $input) {
  riskLimits { scope id orderQuantity blockedSymbols duplicateWindowSeconds }
  userErrors { code field message }
} }
"""
OPTIONS = """
query O($account: ID!) {
  ticketOptions(accountId: $account, instrument: { assetClass: EQUITY, symbol: "AAPL" }) {
    fractional notional shortable marketOpen orderClasses
    choices { type timeInForce extendedHours refusal }
  }
}
"""
COIN = """
query O($account: ID!) {
  ticketOptions(accountId: $account, instrument: { assetClass: CRYPTO, symbol: "BTC/USD" }) {
    tradable shortable tick lot minimum
  }
}
"""
INTENTS = "{ intents(first: 50) { id kind state code note order { id } } }"
POSITIONS = "{ positions(first: 9) { nodes { holding: quantity instrument { id symbol } } } }"


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, users=("ada", "bob")) as made:
        made.box.exchange.always_open = True
        yield made


@pytest.fixture
async def api(made: World) -> AsyncIterator[Api]:
    async with made.served() as (url, _):
        yield made.api(url)


async def _account(api: Api) -> str:
    id = await api.link(permission="TRADE")
    await asked_until(
        lambda: api.connection(id), lambda found: found["health"]["state"] == "ACTIVE"
    )
    data = await api.ask("{ accounts { id } }")
    account: str = data["accounts"][0]["id"]
    return account


def _ticket(account: str, **changed: Any) -> dict[str, Any]:
    ticket = {
        "accountId": account,
        "instrument": {"assetClass": "EQUITY", "symbol": "AAPL"},
        "side": "BUY",
        "type": "MARKET",
        "timeInForce": "DAY",
        "quantity": "1",
    }
    return ticket | changed


RESTING = {"type": "LIMIT", "limitPrice": "1.00", "timeInForce": "GTC"}


async def _place(api: Api, account: str, key: str, **changed: Any) -> dict[str, Any]:
    given = {"idempotencyKey": key, "ticket": _ticket(account, **changed)}
    placed: dict[str, Any] = (await api.ask(PLACE, input=given))["placeOrder"]
    return placed


async def test_an_order_lives_its_life_over_graphql(made: World, api: Api) -> None:
    account = await _account(api)
    seen = (await api.ask(PREVIEW, input={"ticket": _ticket(account, **RESTING)}))["previewOrder"]
    assert seen["userErrors"] == []
    assert (seen["preview"]["source"], seen["preview"]["positionAfter"]) == ("ESTIMATED", "1")
    given = {
        "idempotencyKey": "life",
        "ticket": _ticket(account, **RESTING),
        "previewToken": seen["preview"]["token"],
    }
    for _ in range(2):
        placed = (await api.ask(PLACE, input=given))["placeOrder"]
        assert placed["userErrors"] == []
        assert placed["outcome"]["__typename"] == "OrderPlaced"
    order = placed["outcome"]["order"]["id"]
    assert len(made.box.log.matching("POST", "/v2/orders")) == 1
    made.box.exchange.work()
    changed = {"idempotencyKey": "dearer", "orderId": order, "limitPrice": "2.00"}
    replaced = (await api.ask(REPLACE, input=changed))["replaceOrder"]["outcome"]
    assert replaced["order"]["id"] == order
    made.box.exchange.work()
    await asked_until(
        lambda: api.ask("{ orders(first: 9) { nodes { id status limitPrice } } }"),
        lambda data: (
            Decimal(data["orders"]["nodes"][0]["limitPrice"]) == 2
            and data["orders"]["nodes"][0]["status"] == "NEW"
        ),
    )
    canceled = (await api.ask(CANCEL, input={"orderId": order}))["cancelOrder"]
    assert canceled["userErrors"] == []
    made.box.exchange.work()
    await asked_until(
        lambda: api.ask("{ orders(first: 9) { nodes { status } } }"),
        lambda data: [node["status"] for node in data["orders"]["nodes"]] == ["CANCELED"],
    )
    intents = (await api.ask(INTENTS))["intents"]
    assert [(each["kind"], each["state"]) for each in intents] == [
        ("REPLACE", "PLACED"),
        ("PLACE", "PLACED"),
    ]


async def test_a_position_is_closed_once(made: World, api: Api) -> None:
    account = await _account(api)
    await _place(api, account, "buy", quantity="3")
    made.box.exchange.work()
    held = await asked_until(lambda: api.ask(POSITIONS), lambda data: data["positions"]["nodes"])
    instrument = held["positions"]["nodes"][0]["instrument"]["id"]
    given = {"accountId": account, "instrumentId": instrument}
    first = (await api.ask(CLOSE, input={**given, "idempotencyKey": "c1"}))["closePosition"]
    assert first["outcome"]["__typename"] == "OrderPlaced", first
    second = (await api.ask(CLOSE, input={**given, "idempotencyKey": "c2"}))["closePosition"]
    assert [error["code"] for error in second["userErrors"]] == ["NOTHING_TO_CLOSE"]
    made.box.exchange.work()
    assert made.box.paper.holding("AAPL").quantity == Decimal(0)


async def test_an_unknown_order_is_shown_and_resolved(made: World, api: Api) -> None:
    account = await _account(api)
    made.box.faults.add("error", method="POST", path="/v2/orders")
    lost = await _place(api, account, "lost", **RESTING)
    assert lost["outcome"]["__typename"] == "OrderUnknown"
    assert (await _place(api, account, "lost", **RESTING))["outcome"] == lost["outcome"]
    given = {"intentId": lost["outcome"]["intent"]["id"], "outcome": "NOT_PLACED", "note": "asked"}
    ended = (await api.ask(RESOLVE, input=given))["resolveOrder"]
    assert ended["outcome"]["__typename"] == "OrderRefused"
    assert ended["outcome"]["code"] == "NOT_SENT"
    again = (await api.ask(RESOLVE, input=given))["resolveOrder"]
    assert [error["code"] for error in again["userErrors"]] == ["CONFLICT"]
    intents = (await api.ask(INTENTS))["intents"]
    assert [(each["state"], each["note"]) for each in intents] == [("NOT_PLACED", "asked")]
    assert len(made.box.log.matching("POST", "/v2/orders")) == 1


UPDATES = """
subscription U($after: Cursor) { orderUpdated(after: $after) {
  __typename
  ... on Resumable { cursor }
  ... on Snapshot { unknown { id } }
  ... on IntentChanged { at late intent { id state note orderId clientOrderId } }
  ... on OrderChanged { order { id clientOrderId } }
} }
"""


async def test_an_unknown_order_is_told_and_its_late_appearance_is_an_alarm(
    made: World, api: Api
) -> None:
    account = await _account(api)
    orders = Follower(lambda: api.url, api.token, UPDATES, "orderUpdated")
    made.box.faults.add("error_after", method="POST", path="/v2/orders")
    made.box.faults.add("error", method="GET", path="/v2/orders*", count=0, status=404)
    made.box.faults.add("drop_frame", method="FRAME", count=0)
    async with orders:
        await orders.until(lambda frames: frames)
        lost = await _place(api, account, "lost", **RESTING)
        id = lost["outcome"]["intent"]["id"]
        given = {"intentId": id, "outcome": "NOT_PLACED", "note": "asked"}
        await api.ask(RESOLVE, input=given)
        made.box.faults.clear()
        await orders.until(lambda frames: any(frame.get("late") for frame in frames))
        told = [frame for frame in orders.frames if frame["__typename"] == "IntentChanged"]
        await orders.until(lambda frames: any("order" in frame for frame in frames))
    assert {frame["intent"]["id"] for frame in told} == {id}
    assert [(frame["intent"]["state"], frame["late"]) for frame in told] == [
        ("UNKNOWN", False),
        ("NOT_PLACED", False),
        ("PLACED", True),
    ]
    (changed, *_) = [frame["order"] for frame in orders.frames if "order" in frame]
    assert told[-1]["intent"]["orderId"] == changed["id"]
    assert told[-1]["intent"]["clientOrderId"] == changed["clientOrderId"]


async def test_a_halt_stops_and_a_resume_goes_on(made: World, api: Api) -> None:
    account = await _account(api)
    placed = await _place(api, account, "open", **RESTING)
    made.box.exchange.work()
    made.box.tick_every(0.05)
    target = {"scope": "ACCOUNT", "id": account}
    halted = (await api.ask(HALT, input={"target": target, "reason": "lunch"}))["halt"]
    assert halted["userErrors"] == []
    assert halted["standing"]["state"] == "HALTED"
    assert halted["standing"]["id"] == account
    assert [order["id"] for order in halted["over"]] == [placed["outcome"]["order"]["id"]]
    denied = await _place(api, account, "no", **RESTING)
    assert denied["outcome"] is None
    assert [error["code"] for error in denied["userErrors"]] == ["TRADING_HALTED"]
    states = (await api.ask("{ tradingStates { scope id state reason } }"))["tradingStates"]
    assert {"scope": "ACCOUNT", "id": account, "state": "HALTED", "reason": "lunch"} in states
    await api.ask(RESUME, input={"target": target})
    assert (await _place(api, account, "no", **RESTING))["outcome"]["__typename"] == "OrderPlaced"
    swept = (await api.ask(CANCEL_ALL, input={"accountId": account}))["cancelAllOrders"]
    assert len(swept["over"]) == 1
    whole = {"target": {"scope": "SERVER"}}
    refused = (await api.ask(HALT, input=whole))["halt"]
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]


async def test_limits_are_set_and_kept(api: Api) -> None:
    account = await _account(api)
    given = {"target": {"scope": "ACCOUNT", "id": account}, "orderQuantity": "2"}
    limits = {**given, "blockedSymbols": ["MSFT"], "duplicateWindowSeconds": 5}
    set_ = (await api.ask(LIMITS, input=limits))["setRiskLimits"]
    assert set_["riskLimits"]["blockedSymbols"] == ["MSFT"]
    shown = (await api.ask("{ riskLimits { scope id orderQuantity } }"))["riskLimits"]
    assert shown == [{"scope": "ACCOUNT", "id": account, "orderQuantity": "2"}]
    denied = await _place(api, account, "k", quantity="3")
    assert [error["code"] for error in denied["userErrors"]] == ["RISK_ORDER_QUANTITY"]
    wrong = (await api.ask(LIMITS, input={**given, "dailyLoss": "-1"}))["setRiskLimits"]
    assert [error["code"] for error in wrong["userErrors"]] == ["BAD_INPUT"]


async def test_every_combination_is_offered_or_refused_with_a_reason(api: Api) -> None:
    account = await _account(api)
    options = (await api.ask(OPTIONS, account=account))["ticketOptions"]
    taken = {
        (each["type"], each["timeInForce"], each["extendedHours"])
        for each in options["choices"]
        if each["refusal"] is None
    }
    assert ("LIMIT", "GTC", True) in taken
    assert ("MARKET", "DAY", False) in taken
    assert ("MARKET", "DAY", True) not in taken
    assert options["fractional"]
    coin = (await api.ask(COIN, account=account))["ticketOptions"]
    assert (coin["tradable"], coin["shortable"], coin["minimum"]) == (True, False, "0.000000002")
    assert coin["tick"]
    assert coin["lot"]
    unknown = await api.answer(COIN.replace("BTC/USD", "NONE/USD"), account=account)
    assert unknown["errors"][0]["extensions"]["code"] == "INSTRUMENT_NOT_FOUND"


async def test_another_user_and_a_token_that_reads_trade_nothing(made: World, api: Api) -> None:
    account = await _account(api)
    placed = await _place(api, account, "mine", **RESTING)
    bob = Api(url=api.url, token=made.tokens["bob"], http=api.http)
    foreign = await _place(bob, account, "his", **RESTING)
    assert [error["code"] for error in foreign["userErrors"]] == ["NOT_FOUND"]
    order = {"orderId": placed["outcome"]["order"]["id"]}
    kept = (await bob.ask(CANCEL, input=order))["cancelOrder"]
    assert [error["code"] for error in kept["userErrors"]] == ["ORDER_NOT_FOUND"]
    given = {"intentId": placed["outcome"]["intent"]["id"], "outcome": "NOT_PLACED", "note": "x"}
    assert [
        error["code"]
        for error in (await bob.ask(RESOLVE, input=given))["resolveOrder"]["userErrors"]
    ] == ["NOT_FOUND"]
    await made.add_user("eve", Scope.READ)
    eve = Api(url=api.url, token=made.tokens["eve"], http=api.http)
    answer = await eve.answer(PLACE, input={"idempotencyKey": "k", "ticket": _ticket(account)})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def _table() -> list[tuple[dict[str, Any], str]]:
    """The lines of the page's table of bad orders."""
    page = (ROOT / "docs" / "api.md").read_text().partition("### Bad orders")[2]
    found = re.findall(r"^\| `(\{.*\})` \| `([A-Z_]+)` \|$", page, re.MULTILINE)
    return [(json.loads(changed), code) for changed, code in found]


async def test_every_bad_input_of_the_page_gets_its_code(api: Api) -> None:
    account = await _account(api)
    rows = _table()
    assert len(rows) > 20
    for number, (changed, code) in enumerate(rows):
        key = changed.pop("idempotencyKey", f"bad-{number}")
        given = {"idempotencyKey": key, "ticket": _ticket(account, **changed)}
        answer = await api.answer(PLACE, input=given)
        assert _code(answer) == code, (changed, answer)


def _code(answer: dict[str, Any]) -> str | None:
    """Where the failure is told: as a user error, as a refusal, or of the document."""
    if answer.get("errors"):
        told: str = answer["errors"][0]["extensions"]["code"]
        return told
    payload = answer["data"]["placeOrder"]
    if payload["userErrors"]:
        return str(payload["userErrors"][0]["code"])
    return payload["outcome"].get("code")  # type: ignore[no-any-return]  # JSON
