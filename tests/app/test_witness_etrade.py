"""E*TRADE's witness beside our own reading of the same accounts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import sandbox
from domain.account import Environment
from domain.witness import PRICE, Subject
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.app.witness_scene import Scene, scened


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with sandbox.serve(seed=7, demo=True, rate_limit=100_000) as box:
        urls = dict.fromkeys(("api", "oauth", "authorize"), box.etrade.host.url)
        token = box.etrade.token()
        async with scened(tmp_path, box, "etrade", Environment.SANDBOX, urls, token) as made:
            yield made


def place(scene: Scene, **terms: object) -> None:
    """By another way."""
    fields = {"symbol": "MSFT", "side": Side.BUY, "quantity": Decimal(1)} | terms
    asked = Ticket(time_in_force=TimeInForce.GOOD_TILL_CANCEL, **fields)  # type: ignore[arg-type]  # by name
    scene.box.exchange.submit(scene.box.etrade.margin, asked)
    scene.box.exchange.work()


async def test_the_client_sees_what_we_see(scene: Scene) -> None:
    place(scene, type=OrdType.TRAILING_STOP, trail_percent=Decimal(5))
    place(scene, type=OrdType.STOP_LIMIT, stop_price=Decimal(700), limit_price=Decimal(710))
    scene.box.exchange.liquidity["MSFT"] = Decimal(1)
    place(scene, type=OrdType.LIMIT, quantity=Decimal(3), limit_price=Decimal(900))
    kept, seen = await scene.kept(), await scene.seen()
    assert await scene.told(kept, seen) == ()
    subjects = [one.subject for one in seen]
    assert subjects.count(Subject.ACCOUNT) == 2
    assert subjects.count(Subject.POSITION) >= 4
    assert subjects.count(Subject.ORDER) >= 6
    assert {Decimal(2)} == {
        one.said["leaves_quantity"] for one in seen if one.said.get("limit_price") == 900
    }


async def test_more_positions_than_a_page_has_are_all_seen(scene: Scene) -> None:
    scene.box.etrade.portfolio.page = 2
    assert await scene.told(await scene.kept(), await scene.seen()) == ()


async def test_what_is_hidden_altered_or_added_is_told(scene: Scene) -> None:
    kept = await scene.kept()
    place(scene, type=OrdType.LIMIT, limit_price=Decimal(100))
    seen = await scene.seen()
    (added,) = await scene.told(kept, seen)
    assert (added.subject, added.here, added.later) == (Subject.ORDER, False, True)
    first = next(one for one in seen if one.subject is Subject.POSITION)
    dearer = replace(first, said={**first.said, PRICE: Decimal(1)})
    hidden = tuple(one for one in seen if one is not first)
    told = await scene.told(await scene.kept(), (*hidden, dearer))
    assert [one.field for one in told] == [PRICE]
    told = await scene.told(await scene.kept(), hidden)
    assert [(one.subject, one.here) for one in told] == [(Subject.POSITION, True)]
