"""One run for all who follow the same: what is shared, what is not, and what is let go."""

import asyncio
from decimal import Decimal

from domain.instrument import AssetClass, Instrument
from streaming.frames import PositionsFrame
from streaming.projections import Positions
from streaming.run import Run
from streaming.sight import Sight
from tests.streaming.conftest import USER, House
from tests.streaming.samples import AAPL, MSFT, holding, mark, snapshot
from tests.streaming.watching import later, price
from tests.waiting import taken


async def test_followers_who_stand_at_the_same_place_are_told_the_same_frames(
    house: House,
) -> None:
    link = await house.connect()
    await house.ledger.record(USER, link.id, snapshot(holding(5), marks=(mark(110),)))
    one, other = (house.views.positions(USER, max_rate=20) for _ in range(2))
    assert await taken(one) == await taken(other)
    waiting = [asyncio.create_task(taken(frames)) for frames in (one, other)]
    await asyncio.sleep(0)
    price(house, link.id, 120, second=1)
    (told,), (told_too,) = await asyncio.gather(*waiting)
    assert told is told_too
    await one.aclose()
    await other.aclose()
    assert house.views._runs == {}


async def test_a_follower_who_was_away_is_told_the_latest_of_each_and_what_went(
    house: House,
) -> None:
    link = await house.connect()
    whole = snapshot(holding(5), holding(2, MSFT), marks=(mark(110),))
    await house.ledger.record(USER, link.id, whole)
    slow, fast = (house.views.positions(USER, max_rate=20) for _ in range(2))
    await taken(slow)
    await taken(fast)
    for second in range(1, 4):
        price(house, link.id, 110 + second, second=second)
        await taken(fast)
    await house.ledger.record(USER, link.id, snapshot(holding(5), at=later(9)))
    await taken(fast)
    (told,) = await taken(slow)
    assert {each.holding.instrument.id: each.holding.quantity for each in told.upserts} == {
        AAPL.id: Decimal(5),
        MSFT.id: Decimal(0),
    }
    prices = [each.valuation.price for each in told.upserts if each.valuation]
    assert Decimal(113) in prices
    assert [instrument for _, instrument in told.removed] == [MSFT.id]
    await slow.aclose()
    await fast.aclose()


async def test_different_allowances_share_nothing(house: House) -> None:
    link = await house.connect()
    mine = await house.ledger.record(USER, link.id, snapshot(holding(5)))
    hers = await house.ledger.record(USER, link.id, snapshot(holding(7), number="OTHER"))
    assert mine.account_id
    assert hers.account_id
    for account, quantity in ((mine.account_id, 5), (hers.account_id, 7)):
        frames = house.views.positions(USER, accounts=frozenset({account}))
        (whole,) = await taken(frames)
        assert [each.holding.quantity for each in whole.upserts] == [quantity]
        await frames.aclose()
    one = house.views.positions(USER, accounts=frozenset({mine.account_id}))
    other = house.views.positions(USER, accounts=frozenset({hers.account_id}))
    for frames, quantity in ((one, 5), (other, 7)):
        (whole,) = await taken(frames)
        assert [each.holding.quantity for each in whole.upserts] == [quantity]
    await one.aclose()
    await other.aclose()


async def test_what_went_is_kept_until_everybody_was_told_and_no_longer(house: House) -> None:
    link = await house.connect()
    things = [
        Instrument(asset_class=AssetClass.EQUITY, symbol=f"S{number}", currency="USD")
        for number in range(60)
    ]
    first, rest = things[:20], things[20:]
    await house.ledger.record(USER, link.id, snapshot(*(holding(1, each) for each in first)))
    run: Run[PositionsFrame] = Run(
        USER,
        Sight(None, None),
        lambda state: Positions(state, house.marks, house.clock.now),
        house.journal,
        house.hub,
        many=4,
    )
    with house.hub.watch(USER, live=True):
        for follower in ("slow", "fast"):
            run.join(follower)
            await run.whole(follower)
        for number in range(1, 21):
            held = (holding(1, each) for each in first[number:])
            await house.ledger.record(USER, link.id, snapshot(*held, at=later(number)))
            await run.news("fast")
        (told,) = await run.news("slow")
        assert {instrument for _, instrument in told.removed} == {each.id for each in first}
        for number, thing in enumerate(rest, 21):
            await house.ledger.record(USER, link.id, snapshot(holding(1, thing), at=later(number)))
            for follower in ("slow", "fast"):
                await run.news(follower)
        assert len(run._rows) <= 8
