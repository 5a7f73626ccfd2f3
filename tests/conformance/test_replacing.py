"""A replacement in a whole server: one order of ours, whatever the broker does to its own ids."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

import sandbox
from brokers import plugins
from domain.capabilities import Replacing
from domain.intent import Intent, IntentState
from domain.order import Order, OrderStatus
from tests.conformance.orders import resting, rounded, sample_of
from tests.conformance.scene import USER
from tests.conformance.stage import Act, Trouble
from tests.conformance.test_house import Linked, _orders, _place, linked
from tests.waiting import asked_until
from trading.drafts import Changes

ABLE = [
    name
    for name, plugin in sorted(plugins().items())
    if plugin.capabilities.replacing is not Replacing.NONE
]


def _price(made: Linked) -> Decimal:
    """Still far from the market, and another one."""
    sample = sample_of(made.scene)
    wanted = resting(made.scene, sample)
    return rounded(Decimal("1.1") * (wanted.terms.limit_price or 0), sample)


async def _replace(made: Linked, order: Order, price: Decimal) -> Intent:
    orders = made.house.services.desk.orders
    return await orders.replace(USER, order.id, Changes(limit_price=price), key="again")


def _priced(price: Decimal, found: Sequence[Order]) -> bool:
    return bool(found) and found[0].terms.limit_price == price


@pytest.mark.parametrize("trouble", [None, Trouble.LOST, Trouble.FAILED])
@pytest.mark.parametrize("name", ABLE)
async def test_a_replaced_order_is_the_same_order_though_its_answer_be_lost(
    box: sandbox.Sandbox, tmp_path: Path, name: str, trouble: Trouble | None
) -> None:
    async with linked(name, box, tmp_path) as made:
        placed = await _place(made, resting(made.scene, sample_of(made.scene)))
        assert placed.state is IntentState.PLACED
        (order,) = await made.becomes(
            partial(_orders, made), lambda found: found and found[0].status is OrderStatus.NEW
        )
        price, before = _price(made), made.scene.stage.sent(Act.REPLACE)
        if trouble is not None:
            await made.scene.stage.inflict(trouble, Act.REPLACE)
        await _replace(made, order, price)
        await asked_until(
            partial(_replace, made, order, price), lambda now: now.state is IntentState.PLACED
        )
        (now,) = await made.becomes(partial(_orders, made), partial(_priced, price))
        assert now.id == order.id
        assert made.scene.stage.sent(Act.REPLACE) == before + 1
        events = await made.house.stores.reads.order_events(USER, order.id)
        ids = [one for one, _ in groupby(event.order.client_order_id for event in events)]
        assert len(ids) <= 2, "its id goes to and fro"
