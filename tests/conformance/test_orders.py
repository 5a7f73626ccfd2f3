"""What becomes of orders at every broker, read back and held against the exchange's own books."""

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers import plugins
from domain.capabilities import PreviewBy, Replacing
from domain.errors import OrderNotFound, Refused
from domain.facts import OrderReport
from domain.instrument import AssetClass
from domain.order import OrderStatus
from domain.preview import PreviewSource
from domain.sums import summed
from domain.ticket import Ticket
from sandbox import Sandbox, mishaps
from sandbox.orders import OrdStatus
from tests.brokers.hearing import joined, known
from tests.conformance.knowledge import agree, newest, told
from tests.conformance.observing import enrich
from tests.conformance.orders import crossing, market, new_id, resting, rounded, sample_of, ticket
from tests.conformance.scene import Scene, opened
from tools.offers import declared

CLASSES = [(name, one) for name in sorted(plugins()) for one in plugins()[name].capabilities.trades]


async def _placed(scene: Scene, wanted: Ticket) -> OrderReport:
    """Placed, and met with the market."""
    report = await (await scene.broker()).place(wanted)
    assert report.client_order_id in {wanted.client_order_id, None}
    assert report.account == scene.account
    scene.stage.box.exchange.work()
    return report


@pytest.mark.parametrize(("name", "asset_class"), CLASSES)
async def test_every_declared_order_stands_as_it_was_asked_for(
    box: Sandbox, name: str, asset_class: AssetClass
) -> None:
    async with opened(name, box) as scene:
        sample = scene.stage.samples[asset_class]
        enrich(scene, sample)
        placed = []
        for offer in declared(asset_class, scene.able):
            wanted = ticket(scene, sample, offer)
            placed.append((wanted, await _placed(scene, wanted), newest(scene).id))
        everything = (await (await scene.broker()).snapshot(scene.account)).orders
        for wanted, report, id in placed:
            facts = joined([report, *everything], report.broker_order_id)
            agree(summed(facts), scene.owner.orders[id])
            said, terms = facts.said.terms, wanted.terms
            assert (said.side, said.type) == (terms.side, terms.type), terms
            assert said.time_in_force is terms.time_in_force, terms
            assert (said.quantity, said.notional) == (terms.quantity, terms.notional), terms
            assert said.limit_price == terms.limit_price, terms
            assert said.order_class is terms.order_class, terms


async def test_a_preview_says_what_it_would_cost_and_places_nothing(scene: Scene) -> None:
    wanted = resting(scene, sample_of(scene))
    figures = await (await scene.broker()).preview(wanted)
    assert scene.owner.orders == {}
    if scene.able.preview is PreviewBy.BROKER:
        assert figures is not None
        assert figures.source is PreviewSource.BROKER
        assert figures.cost is not None or figures.commission is not None


async def test_a_market_order_fills_at_once_and_its_executions_explain_it(scene: Scene) -> None:
    wanted = market(scene, sample_of(scene))
    report = await _placed(scene, wanted)
    sums = known(await told(scene, report), report.broker_order_id)
    agree(sums, newest(scene))
    assert sums.status is OrderStatus.FILLED
    assert sum(one.quantity for one in sums.executions) == wanted.terms.quantity
    assert [one.price for one in sums.executions] == [
        one.price for one in scene.owner.executions.values()
    ]


async def test_a_partial_fill_is_told_and_then_the_rest(scene: Scene) -> None:
    sample = sample_of(scene)
    part = sample.whole / 2
    scene.stage.box.exchange.liquidity[sample.symbol] = part
    report = await _placed(scene, crossing(scene, sample))
    everything = await told(scene, report)
    sums = known(everything, report.broker_order_id)
    assert sums.status is OrderStatus.PARTIALLY_FILLED
    assert sums.filled == part
    scene.stage.box.tick()
    sums = known(everything + await told(scene, report), report.broker_order_id)
    agree(sums, newest(scene))
    assert sums.status is OrderStatus.FILLED
    assert [one.quantity for one in sums.executions] == [part, part]


async def test_an_order_is_replaced_and_the_new_terms_stand(scene: Scene) -> None:
    if scene.able.replacing is Replacing.NONE:
        pytest.skip("orders are not replaced there")
    sample, broker = sample_of(scene), await scene.broker()
    report = await _placed(scene, resting(scene, sample))
    price = rounded(Decimal("1.1") * (report.terms.limit_price or 0), sample)
    terms = replace(report.terms, limit_price=price, quantity=sample.whole * 2)
    new = await broker.replace(report, terms, new_id())
    scene.stage.box.exchange.work()
    everything = await told(scene, new)
    facts = joined(everything, new.broker_order_id)
    assert facts.said.terms.limit_price == price
    assert facts.said.terms.quantity == sample.whole * 2
    assert not summed(facts).status.terminal
    if scene.able.replacing is Replacing.NEW_ID:
        assert new.replaces == report.broker_order_id
        assert known(everything, report.broker_order_id).status is OrderStatus.REPLACED


async def test_an_order_is_canceled(scene: Scene) -> None:
    report = await _placed(scene, resting(scene, sample_of(scene)))
    await (await scene.broker()).cancel(report)
    scene.stage.box.exchange.work()
    sums = known(await told(scene, report), report.broker_order_id)
    assert sums.status is OrderStatus.CANCELED
    agree(sums, newest(scene))


async def test_a_cancel_that_comes_too_late_is_refused_and_the_fill_stands(scene: Scene) -> None:
    sample = sample_of(scene)
    report = await _placed(scene, resting(scene, sample))
    order = newest(scene)
    price = scene.stage.box.exchange.market.quotes[sample.symbol].last
    mishaps.fill(scene.stage.box.exchange, scene.owner, order.id, order.leaves, price)
    with pytest.raises(Refused):
        await (await scene.broker()).cancel(report)
    sums = known(await told(scene, report), report.broker_order_id)
    assert sums.status is OrderStatus.FILLED
    agree(sums, newest(scene))


async def test_a_cancel_that_was_accepted_may_still_lose_to_a_fill(scene: Scene) -> None:
    sample, exchange = sample_of(scene), scene.stage.box.exchange
    report = await _placed(scene, resting(scene, sample))
    order = newest(scene)
    exchange.refuse_cancels = 1
    await (await scene.broker()).cancel(report)
    exchange.work()
    assert exchange.refuse_cancels == 0
    before = await told(scene, report)
    assert not known(before, report.broker_order_id).status.terminal
    last = exchange.market.quotes[sample.symbol].last
    mishaps.fill(exchange, scene.owner, order.id, order.leaves, last)
    sums = known(before + await told(scene, report), report.broker_order_id)
    assert sums.status is OrderStatus.FILLED
    agree(sums, newest(scene))


async def test_a_refusal_says_why_and_leaves_no_order_at_work(scene: Scene) -> None:
    sample = sample_of(scene)
    scene.owner.cash = Decimal(1)
    with pytest.raises(Refused) as refused:
        await (await scene.broker()).place(market(scene, sample))
    assert refused.value.message
    assert scene.owner.live_orders() == []


async def test_an_order_that_is_rejected_after_all_is_told(scene: Scene) -> None:
    report = await _placed(scene, resting(scene, sample_of(scene)))
    mishaps.reject(scene.stage.box.exchange, scene.owner, newest(scene).id, "halted by the venue")
    sums = known(await told(scene, report), report.broker_order_id)
    assert sums.status is OrderStatus.REJECTED
    assert newest(scene).status is OrdStatus.REJECTED


async def test_an_order_that_is_rejected_after_all_says_why(scene: Scene) -> None:
    report = await _placed(scene, resting(scene, sample_of(scene)))
    mishaps.reject(scene.stage.box.exchange, scene.owner, newest(scene).id, "halted by the venue")
    everything = [one.reason or "" for one in await told(scene, report)]
    assert any("halted by the venue" in reason for reason in everything)


async def test_an_order_that_there_is_not_is_not_found(scene: Scene) -> None:
    with pytest.raises(OrderNotFound):
        await (await scene.broker()).order(scene.account, "00000000-0000-4000-8000-000000000000")
