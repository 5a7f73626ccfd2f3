"""Promise 10: what a broker declares is taken, what it does not declare is refused."""

import json

import pytest

from brokers import plugins
from domain.capabilities import Capabilities, PreviewBy, Proof, Pushed
from domain.errors import Refused
from domain.instrument import AssetClass
from domain.order import OrderSide
from tests.conformance.observing import enrich, observed, replaced, sells_short
from tests.conformance.orders import market, resting, sample_of
from tests.conformance.scene import Scene, opened
from tools.offers import declared, offers, sheet

BROKERS = sorted(plugins())


def ordered() -> list[tuple[str, AssetClass]]:
    """Every asset class of every broker."""
    return [(name, one) for name in BROKERS for one in plugins()[name].capabilities.trades]


@pytest.mark.parametrize(("name", "asset_class"), ordered())
async def test_all_that_is_declared_is_taken_and_nothing_else(
    name: str, asset_class: AssetClass
) -> None:
    async with in_its_sandbox(name) as scene:
        taken = await observed(scene, asset_class)
    wanted = list(declared(asset_class, plugins()[name].capabilities))
    assert wanted, "a class of which nothing can be ordered is not traded"
    assert sheet(one for one in taken if one not in wanted) == {}, "taken, and not declared"
    assert sheet(one for one in wanted if one not in taken) == {}, "declared, and not taken"
