"""What a broker's sandbox takes, found out by asking for everything."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from brokers.contract import Broker
from domain.errors import Refused
from domain.instrument import AssetClass
from domain.order import OrderClass, OrderSide
from sandbox.orders import Side, Ticket
from tests.conformance.orders import market, ticket
from tests.conformance.scene import Scene
from tests.conformance.stage import Sample
from tools.offers import Offer, offers

RICH = Decimal(10) ** 12
PLENTY = Decimal(100_000)


async def observed(scene: Scene, asset_class: AssetClass) -> list[Offer]:
    """Every way of ordering that was not refused, in the order of asking."""
    broker, sample = await scene.broker(), scene.stage.samples[asset_class]
    enrich(scene, sample)
    return [one async for one in _taken(scene, broker, sample, offers(asset_class))]


async def sells_short(scene: Scene, asset_class: AssetClass) -> bool:
    """Whether what is not held can be sold."""
    wanted = market(scene, scene.stage.samples[asset_class], OrderSide.SELL)
    try:
        await (await scene.broker()).place(wanted)
    except Refused:
        return False
    return True


def enrich(scene: Scene, sample: Sample) -> None:
    """Money for everything, and a holding so that there is something to close."""
    scene.owner.cash = RICH
    if sample.symbol:
        buy(scene, sample.symbol, PLENTY)


def buy(scene: Scene, symbol: str, quantity: Decimal, side: Side = Side.BUY) -> None:
    """A trade at the market that nobody ordered through us."""
    exchange = scene.stage.box.exchange
    exchange.submit(scene.owner, Ticket(symbol=symbol, side=side, quantity=quantity))
    exchange.work()


async def _taken(
    scene: Scene, broker: Broker, sample: Sample, asked: Iterator[Offer]
) -> AsyncIterator[Offer]:
    for offer in asked:
        with suppress(Refused):
            await broker.place(ticket(scene, sample, offer))
            yield offer
