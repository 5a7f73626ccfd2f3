"""What a broker's sandbox does, found out by asking for everything that there could be."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, suppress
from dataclasses import replace
from decimal import Decimal

from brokers.contract import Broker
from domain.capabilities import PreviewBy, Pushed, Replacing
from domain.errors import Refused
from domain.events import Alive
from domain.instrument import AssetClass
from domain.order import OrderSide
from sandbox.orders import Side, Ticket
from tests.conformance.orders import market, new_id, resting, rounded, sample_of, ticket
from tests.conformance.scene import Scene
from tests.conformance.stage import Sample
from tools.offers import Offer, offers

RICH = Decimal(10) ** 12
PLENTY = Decimal(100_000)


async def taken(scene: Scene, asset_class: AssetClass) -> list[Offer]:
    """Every way of ordering that was not refused, in the order of asking."""
    sample = scene.stage.samples[asset_class]
    enrich(scene, sample)
    asked = _asked(scene, await scene.broker(), sample, offers(asset_class))
    return [offer async for offer in asked]


async def sells_short(scene: Scene, asset_class: AssetClass) -> bool:
    """Whether what is not held can be sold; a combination has no holding to lack."""
    sample = scene.stage.samples[asset_class]
    if sample.legs:
        return False
    try:
        await (await scene.broker()).place(market(scene, sample, OrderSide.SELL))
    except Refused:
        return False
    return True


async def previews(scene: Scene) -> PreviewBy:
    """Who works out what an order costs."""
    told = await (await scene.broker()).preview(resting(scene, sample_of(scene)))
    return PreviewBy.ESTIMATED if told is None else PreviewBy.BROKER


async def replaces(scene: Scene) -> Replacing:
    """What a replacement does to the broker's id."""
    broker, sample = await scene.broker(), sample_of(scene)
    placed = await broker.place(resting(scene, sample))
    scene.stage.box.exchange.work()
    price = rounded((placed.terms.limit_price or Decimal(0)) * Decimal("1.1"), sample)
    try:
        new = await broker.replace(placed, replace(placed.terms, limit_price=price), new_id())
    except Refused:
        return Replacing.NONE
    same = new.broker_order_id == placed.broker_order_id
    return Replacing.IN_PLACE if same else Replacing.NEW_ID


async def pushes(scene: Scene) -> frozenset[Pushed]:
    """What comes without asking: a stream that is not there ends before it has begun."""
    broker, found = await scene.broker(), set()
    broker.follow(frozenset({sample_of(scene).instrument}))
    async with aclosing(broker.events()) as events:  # type: ignore[type-var]  # all are generators
        async for event in events:
            assert isinstance(event, Alive)
            found.add(Pushed.ORDERS)
            break
    async with aclosing(broker.marks()) as marks:  # type: ignore[type-var]  # all are generators
        async for _ in marks:
            found.add(Pushed.MARKS)
            break
    return frozenset(found)


def enrich(scene: Scene, sample: Sample) -> None:
    """Money for everything, and a holding so that there is something to close."""
    scene.owner.cash = RICH
    if sample.symbol:
        trade(scene, sample.symbol, PLENTY)


def trade(scene: Scene, symbol: str, quantity: Decimal, side: Side = Side.BUY) -> None:
    """At the market, ordered by somebody else."""
    exchange = scene.stage.box.exchange
    exchange.submit(scene.owner, Ticket(symbol=symbol, side=side, quantity=quantity))
    exchange.work()


async def _asked(
    scene: Scene, broker: Broker, sample: Sample, asked: Iterable[Offer]
) -> AsyncIterator[Offer]:
    for offer in asked:
        with suppress(Refused):
            await broker.place(ticket(scene, sample, offer))
            yield offer
