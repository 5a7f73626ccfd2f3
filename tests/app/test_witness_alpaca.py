"""alpaca-py, unchanged, agrees with what we keep, and tells what differs."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

import sandbox
from domain.errors import Problem
from sandbox import Sandbox
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.app.witness_scene import Scene, at_alpaca

DAY = {"side": "buy", "time_in_force": "day"}
TRAILING = {"symbol": "MSFT", "qty": "1", "type": "trailing_stop", "trail_percent": "5", **DAY}
CROSSING = {"symbol": "MSFT", "qty": "3", "type": "limit", "limit_price": "900", **DAY}
BRACKET = {
    "symbol": "AAPL",
    "qty": "2",
    "type": "limit",
    "limit_price": "100",
    "order_class": "bracket",
    "take_profit": {"limit_price": "400"},
    "stop_loss": {"stop_price": "90"},
    **DAY,
}
COMBINATION = {
    "qty": "1",
    "type": "limit",
    "limit_price": "0.01",
    "order_class": "mleg",
    "time_in_force": "day",
    "legs": [
        {"symbol": "AAPL271217C00250000", "ratio_qty": "1", "side": "buy"},
        {"symbol": "AAPL271217C00270000", "ratio_qty": "1", "side": "sell"},
    ],
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with at_alpaca(tmp_path) as made:
        yield made


async def test_the_witness_agrees(scene: Scene) -> None:
    verdict = await scene.witnessing().run(scene.connection.id)
    assert verdict.differences == ()
    paper = scene.box.paper
    assert {entry.method for entry in scene.box.log.entries} == {"GET"}
    things = 2 + len(paper.holdings) + len(paper.live_orders())
    assert verdict.compared == things > 8
    assert await scene.audited() == (
        "VERIFIED",
        {"compared": str(things), "differences": "0"},
    )


async def test_it_agrees_on_every_kind_of_open_order(scene: Scene) -> None:
    before = len(scene.box.paper.live_orders())
    for order in (TRAILING, BRACKET, COMBINATION):
        await placed(scene.box, order)
    scene.box.exchange.liquidity["MSFT"] = Decimal(1)
    partly = await placed(scene.box, CROSSING)
    scene.box.exchange.work()
    await placed(scene.box, {"qty": "5"}, "PATCH", f"/v2/orders/{partly}")
    assert len(scene.box.paper.live_orders()) >= before + 4
    verdict = await scene.witnessing().run(scene.connection.id)
    assert verdict.differences == ()


async def placed(
    box: Sandbox, order: Mapping[str, object], method: str = "POST", path: str = "/v2/orders"
) -> str:
    """Its id, placed by another way than ours."""
    keys = {"APCA-API-KEY-ID": sandbox.PAPER_KEY, "APCA-API-SECRET-KEY": sandbox.PAPER_SECRET}
    async with (
        aiohttp.ClientSession(box.alpaca.paper.url, headers=keys) as http,
        http.request(method, path, json=order) as answer,
    ):
        body = await answer.json()
        assert answer.status == 200, body
        return str(body["id"])


async def test_a_position_that_we_do_not_show_is_told(scene: Scene) -> None:
    hidden = scene.box.paper.holdings.pop("NVDA")
    kept = await scene.kept()
    scene.box.paper.holdings["NVDA"] = hidden
    (found,) = await scene.told(kept, await scene.seen())
    assert str(found).endswith("position EQUITY NVDA: only there")
    assert (await scene.audited())[1]["1"] == str(found)


async def test_a_position_that_the_witness_does_not_see_is_told(scene: Scene) -> None:
    kept = await scene.kept()
    del scene.box.paper.holdings["NVDA"]
    (found,) = await scene.told(kept, await scene.seen())
    assert str(found).endswith("position EQUITY NVDA: only here")


@pytest.mark.parametrize(
    ("path", "field", "name"),
    [
        ("/v2/positions", "avg_entry_price", "average_cost"),
        ("/v2/positions", "current_price", "price"),
        ("/v2/orders", "limit_price", "limit_price"),
    ],
)
async def test_an_altered_price_is_told(scene: Scene, path: str, field: str, name: str) -> None:
    kept = await scene.kept()
    scene.box.faults.add("alter", path=path, set={field: "1.25"})
    found = await scene.told(kept, await scene.seen())
    assert {one.field for one in found} == {name}
    assert {one.theirs for one in found} == {Decimal("1.25")}
    assert (await scene.audited())[0] == "DIFFERENT"


async def test_an_order_added_after_our_snapshot_is_told_as_such(scene: Scene) -> None:
    kept = await scene.kept()
    ticket = Ticket(
        symbol="MSFT",
        side=Side.BUY,
        quantity=Decimal(1),
        type=OrdType.LIMIT,
        limit_price=Decimal(100),
        time_in_force=TimeInForce.DAY,
    )
    order = scene.box.exchange.submit(scene.box.paper, ticket)
    (found,) = await scene.told(kept, await scene.seen())
    assert str(found).endswith(f"open order {order.id}: only there, added after our snapshot")


async def test_a_refusal_is_told_by_its_kind_alone(scene: Scene) -> None:
    scene.box.faults.add("unauthorized", path="/v2/positions", count=0)
    with pytest.raises(Problem, match="cannot be read: APIError; nothing was compared"):
        await scene.seen()
