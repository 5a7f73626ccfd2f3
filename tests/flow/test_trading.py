"""An order's life, through GraphQL alone."""

from decimal import Decimal

from tests.flow.follower import Follower
from tests.flow.orders import (
    CANCEL,
    OUTCOME,
    PLACE,
    RESOLVE,
    RESTING,
    place,
    ticket,
    trading_account,
)
from tests.flow.world import Api, World
from tests.waiting import asked_until

REPLACE = (
    f"mutation R($input: ReplaceOrderInput!) {{ replaceOrder(input: $input) {{ {OUTCOME} }} }}"
)
CLOSE = (
    f"mutation C($input: ClosePositionInput!) {{ closePosition(input: $input) {{ {OUTCOME} }} }}"
)
PREVIEW = """
mutation V($input: PreviewOrderInput!) { previewOrder(input: $input) {
  preview { source cost currency positionAfter buyingPowerAfter warnings token expiresAt }
  userErrors { code message }
} }
"""
INTENTS = "{ intents(first: 50) { id kind state code note order { id } } }"
POSITIONS = "{ positions(first: 9) { nodes { holding: quantity instrument { id symbol } } } }"


async def test_an_order_lives_its_life_over_graphql(made: World, api: Api) -> None:
    account = await trading_account(api)
    seen = (await api.ask(PREVIEW, input={"ticket": ticket(account, **RESTING)}))["previewOrder"]
    assert seen["userErrors"] == []
    assert (seen["preview"]["source"], seen["preview"]["positionAfter"]) == ("ESTIMATED", "1")
    given = {
        "idempotencyKey": "life",
        "ticket": ticket(account, **RESTING),
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
    account = await trading_account(api)
    await place(api, account, "buy", quantity="3")
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
    account = await trading_account(api)
    made.box.faults.add("error", method="POST", path="/v2/orders")
    lost = await place(api, account, "lost", **RESTING)
    assert lost["outcome"]["__typename"] == "OrderUnknown"
    assert (await place(api, account, "lost", **RESTING))["outcome"] == lost["outcome"]
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
    account = await trading_account(api)
    orders = Follower(lambda: api.url, api.token, UPDATES, "orderUpdated")
    made.box.faults.add("error_after", method="POST", path="/v2/orders")
    made.box.faults.add("error", method="GET", path="/v2/orders*", count=0, status=404)
    made.box.faults.add("drop_frame", method="FRAME", count=0)
    async with orders:
        await orders.until(lambda frames: frames)
        lost = await place(api, account, "lost", **RESTING)
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
