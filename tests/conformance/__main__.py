"""`python -m tests.conformance [NAME ...]`: observe brokers, and write down what was seen."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sandbox
from brokers import plugins
from domain.instrument import AssetClass
from tests.conformance import observing
from tests.conformance.scene import Scene, opened
from tools.observed import Observed, Traded, keep
from tools.offers import sheet


async def _observed(name: str) -> Observed:
    """Everything in a sandbox of its own, so that no order is in another's way."""
    classes = plugins()[name].capabilities.trades
    trades = {one.value: await _traded(name, one) for one in classes}
    async with _fresh(name) as scene:
        preview, replacing = await observing.previews(scene), await observing.replaces(scene)
    async with _fresh(name) as scene:
        pushed = await observing.pushes(scene)
    return Observed(
        trades=trades,
        preview=preview.value,
        replacing=replacing.value,
        pushes=sorted(one.value for one in pushed),
    )


async def _traded(name: str, asset_class: AssetClass) -> Traded:
    async with _fresh(name) as scene:
        orders = sheet(await observing.taken(scene, asset_class))
    async with _fresh(name) as scene:
        return Traded(orders=orders, short=await observing.sells_short(scene, asset_class))


@asynccontextmanager
async def _fresh(name: str) -> AsyncIterator[Scene]:
    async with sandbox.serve(seed=1, rate_limit=1_000_000) as box, opened(name, box) as scene:
        yield scene


if __name__ == "__main__":
    keep({name: asyncio.run(_observed(name)) for name in sys.argv[1:] or sorted(plugins())})
