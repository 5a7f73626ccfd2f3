"""What each broker can do, over GraphQL: enough to draw a dialog, and how it is known."""

from pathlib import Path
from typing import Any

from brokers import plugins
from tests.graph.asking import answer, viewer
from tests.server import served

ABLE = """
{ brokers {
    name capabilities {
      preview replacing pushes
      trades {
        assetClass classes fractional notional
        types { type timesInForce } fractionalTypes { type } notionalTypes { type }
        classRules { orderClass types { type timesInForce } }
      }
      proofs { capability proof on }
    }
} }
"""


async def _told(folder: Path) -> dict[str, dict[str, Any]]:
    async with served(folder) as server:
        payload = await answer(server, await viewer(server), ABLE)
    return {one["name"]: one["capabilities"] for one in payload["data"]["brokers"]}


async def test_every_broker_tells_what_it_can_do_and_how_that_is_known(tmp_path: Path) -> None:
    told = await _told(tmp_path)
    assert told.keys() == plugins().keys()
    for name, plugin in plugins().items():
        able = told[name]
        assert {one["assetClass"] for one in able["trades"]} == set(plugin.capabilities.trades)
        for proof in able["proofs"]:
            assert (proof["on"] is not None) == (proof["proof"] == "VENDOR_DOC")


async def test_what_a_bracket_a_fraction_and_an_amount_of_money_may_be_is_told(
    tmp_path: Path,
) -> None:
    trades = (await _told(tmp_path))["alpaca"]["trades"]
    equity = next(one for one in trades if one["assetClass"] == "EQUITY")
    option = next(one for one in trades if one["assetClass"] == "OPTION")
    classes = {one["orderClass"]: one["types"] for one in equity["classRules"]}
    assert classes["OCO"] == [{"type": "LIMIT", "timesInForce": ["DAY", "GTC"]}]
    assert "TRAILING_STOP" in {one["type"] for one in equity["types"]}
    assert "TRAILING_STOP" not in {one["type"] for one in equity["fractionalTypes"]}
    assert equity["notionalTypes"] == equity["fractionalTypes"]
    assert option["fractionalTypes"] == option["notionalTypes"] == []
