"""What reaches us of what happens elsewhere, by every broker's stream or by asking."""

from decimal import Decimal

import pytest

from domain.capabilities import Pushed
from domain.events import StreamEvent
from domain.facts import OrderReport
from domain.order import OrderStatus
from domain.sums import Sum
from sandbox.orders import Order, OrdType, Side, Ticket, TimeInForce
from tests.brokers.hearing import hearing_on, known, reports
from tests.conformance.knowledge import agree, newest, told
from tests.conformance.orders import crossing, rounded, sample_of
from tests.conformance.scene import Scene
from tests.conformance.stage import Jumble
from tests.waiting import until


def _elsewhere(scene: Scene) -> Order:
    """Somebody places a limit order by another way."""
    sample, exchange = sample_of(scene), scene.stage.box.exchange
    price = rounded(exchange.market.quotes[sample.symbol].last / 2, sample)
    order = exchange.submit(
        scene.owner,
        Ticket(
            symbol=sample.symbol,
            side=Side.BUY,
            quantity=sample.whole,
            type=OrdType.LIMIT,
            time_in_force=TimeInForce.GOOD_TILL_CANCEL,
            limit_price=price,
        ),
    )
    exchange.work()
    return order


def _about(all: list[OrderReport], price: Decimal) -> list[OrderReport]:
    return [one for one in all if one.terms.limit_price == price]


def _all(heard: list[StreamEvent], *asked: OrderReport) -> Sum:
    """What the stream and the answers say together of the last order that was asked about."""
    return known([*reports(heard), *asked], asked[-1].broker_order_id)


def _explained(sums: Sum) -> Decimal:
    return sum((one.quantity for one in sums.executions), Decimal(0))


async def test_an_order_that_was_placed_elsewhere_is_told(scene: Scene) -> None:
    broker = await scene.broker()
    if Pushed.ORDERS not in scene.able.pushes:
        price = _elsewhere(scene).ticket.limit_price or Decimal(0)
        found = _about(list((await broker.snapshot(scene.account)).orders), price)
    else:
        async with hearing_on(broker) as heard:
            price = _elsewhere(scene).ticket.limit_price or Decimal(0)
            await until(lambda: _about(reports(heard), price))
            found = _about(reports(heard), price)
    assert found[0].account == scene.account
    assert not (found[0].client_order_id or "").startswith("bg-")


async def test_a_stream_that_is_cut_in_mid_fill_loses_and_doubles_nothing(scene: Scene) -> None:
    if Pushed.ORDERS not in scene.able.pushes:
        pytest.skip("orders are not pushed there")
    broker, sample = await scene.broker(), sample_of(scene)
    exchange = scene.stage.box.exchange
    exchange.liquidity[sample.symbol] = sample.whole / 4
    async with hearing_on(broker) as heard:
        report = await broker.place(crossing(scene, sample))
        await until(lambda: scene.owner.executions)
        signs = len(heard)
        await scene.stage.cut()
        scene.stage.box.tick()
        await until(lambda: len(heard) > signs)
        for _ in range(3):
            scene.stage.box.tick()
        asked = await told(scene, report)
        await until(lambda: _explained(_all(heard, *asked, report)) == sample.whole)
    sums = _all(heard, *asked, report)
    agree(sums, newest(scene))
    assert sums.status is OrderStatus.FILLED
    assert len(sums.executions) == len(scene.owner.executions)


async def test_a_message_that_makes_no_sense_costs_nothing_that_is_known(scene: Scene) -> None:
    if Pushed.ORDERS not in scene.able.pushes:
        pytest.skip("orders are not pushed there")
    broker, sample = await scene.broker(), sample_of(scene)
    scene.stage.box.exchange.liquidity[sample.symbol] = sample.whole / 4
    async with hearing_on(broker) as heard:
        report = await broker.place(crossing(scene, sample))
        await until(lambda: scene.owner.executions)
        signs = len(heard)
        await scene.stage.garble()
        for _ in range(3):
            scene.stage.box.tick()
        await until(lambda: len(heard) > signs and not scene.stage.box.faults.pending)
        await until(lambda: scene.stage.box.streams)
        asked = await told(scene, report)
        await until(lambda: _explained(_all(heard, *asked, report)) == sample.whole)
    agree(_all(heard, *asked, report), newest(scene))


@pytest.mark.parametrize("how", list(Jumble))
async def test_messages_that_come_twice_or_in_another_order_say_the_same(
    scene: Scene, how: Jumble
) -> None:
    if Pushed.ORDERS not in scene.able.pushes:
        pytest.skip("orders are not pushed there")
    broker, sample = await scene.broker(), sample_of(scene)
    scene.stage.box.exchange.liquidity[sample.symbol] = sample.whole / 4
    async with hearing_on(broker) as heard:
        report = await broker.place(crossing(scene, sample))
        await until(lambda: scene.owner.executions)
        await scene.stage.jumble(how)
        for _ in range(3):
            scene.stage.box.tick()
        await until(lambda: _all(heard, report).filled == sample.whole)
        asked = await told(scene, report)
        await until(lambda: _explained(_all(heard, *asked, report)) == sample.whole)
    sums = _all(heard, *asked, report)
    agree(sums, newest(scene))
    assert _explained(sums) == sample.whole
