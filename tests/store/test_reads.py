"""What is paged through, and by whom."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.audit import AuditEntry
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId, UserId
from domain.instrument import AssetClass, Instrument
from domain.order import OrderStatus
from store.page import Page, encode_key
from tests.store.house import USER, House
from tests.store.samples import APPLE, NVIDIA, at, holding, mark, report, snapshot

EVE = UserId("eve")
Ask = Callable[..., Awaitable[Page[Any]]]


async def all_of(ask: Ask, first: int, **filters: Any) -> list[Any]:
    """Every item, page by page."""
    page = await ask(USER, first=first, **filters)
    items = list(page.items)
    while page.has_next:
        page = await ask(USER, first=first, after=page.cursors[-1], **filters)
        items += page.items
    return items


def stock(index: int) -> Instrument:
    """One of many."""
    return Instrument(asset_class=AssetClass.EQUITY, symbol=f"S{index:02}", currency="USD")


async def filled(house: House) -> ConnectionId:
    """A connection with seven of each."""
    connection = await house.connect()
    seen = snapshot(
        holdings=[holding(stock(index)) for index in range(7)],
        orders=[
            report(f"b{index}", index, OrderStatus.CANCELED if index % 2 else OrderStatus.NEW)
            for index in range(7)
        ],
        marks=[mark()],
    )
    await house.ledger.record(USER, connection.id, seen)
    for index in range(7):
        entry = AuditEntry(at=at(index), actor="feed", action=str(index), outcome="OK")
        await house.audit.append(USER, entry)
    return connection.id


@pytest.mark.parametrize("first", [1, 2, 3, 7, 8])
async def test_pages_of_any_size_bring_each_item_once(house: House, first: int) -> None:
    await filled(house)
    reads = house.reads
    holdings = await all_of(reads.holdings, first)
    assert [each.holding.instrument.symbol for each in holdings] == [f"S{i:02}" for i in range(7)]
    orders = await all_of(reads.orders, first)
    assert len({order.id for order in orders}) == len(orders) == 7
    assert [row.sequence for row in await all_of(reads.audit, first)] == list(range(7, 0, -1))


async def test_newest_orders_come_first_whenever_they_were_heard_of(house: House) -> None:
    connection = await house.connect()
    for seconds in (5, 9, 1):
        await house.clock.advance(10)
        order = report(f"b{seconds}", seconds)
        dated = order.__class__(
            **{name: getattr(order, name) for name in order.__slots__ if name != "submitted_at"},
            submitted_at=at(seconds),
        )
        await house.ledger.record(USER, connection.id, dated)
    orders = (await house.reads.orders(USER, first=5)).items
    assert [order.broker_order_id for order in orders] == ["b9", "b5", "b1"]
    between = await house.reads.orders(USER, since=at(2), until=at(9), first=5)
    assert [order.broker_order_id for order in between.items] == ["b5"]


async def test_an_insertion_before_a_cursor_does_not_shift_the_next_page(house: House) -> None:
    connection = await filled(house)
    page = await house.reads.holdings(USER, first=3)
    early = Instrument(asset_class=AssetClass.EQUITY, symbol="AAA", currency="USD")
    more = [holding(early), *(holding(stock(index)) for index in range(7))]
    await house.ledger.record(USER, connection, snapshot(1, holdings=more))
    following = await house.reads.holdings(USER, first=3, after=page.cursors[-1])
    symbols = [each.holding.instrument.symbol for each in following.items]
    assert symbols == ["S03", "S04", "S05"]


async def test_filters_narrow_and_an_empty_allowance_shows_nothing(house: House) -> None:
    connection = await filled(house)
    reads = house.reads
    (account,) = await reads.accounts(USER)
    assert await reads.accounts(USER, connection=connection, ids=[account.id]) == (account,)
    assert await reads.accounts(USER, ids=[]) == ()
    for ask in (reads.holdings, reads.orders):
        assert len(await all_of(ask, 5, accounts=[account.id], connections=[connection])) == 7
        assert await all_of(ask, 5, accounts=[]) == []
        assert await all_of(ask, 5, connections=[]) == []
        assert await all_of(ask, 5, accounts=[AccountId("another")]) == []
        assert await all_of(ask, 5, connections=[ConnectionId("another")]) == []
    assert len(await all_of(reads.holdings, 5, instrument=stock(3).id)) == 1
    assert len(await all_of(reads.orders, 5, instrument=APPLE.id, open_only=True)) == 4
    assert await all_of(reads.orders, 5, instrument=NVIDIA.id) == []
    assert await all_of(reads.audit, 5, connection=ConnectionId("another")) == []
    assert len(await all_of(reads.audit, 5, since=at(2), until=at(5))) == 3


async def test_nothing_of_one_user_is_shown_to_another(house: House) -> None:
    connection = await filled(house)
    reads = house.reads
    (account,) = await reads.accounts(USER)
    order = (await reads.orders(USER, first=1)).items[0]
    assert await reads.connections(EVE) == ()
    assert await reads.connection(EVE, connection) is None
    assert await reads.accounts(EVE, connection=connection, ids=[account.id]) == ()
    assert await reads.account(EVE, account.id) is None
    assert await reads.balances(EVE, [account.id]) == {}
    assert await reads.valuations(EVE, [account.id]) == {}
    assert (await reads.holdings(EVE, accounts=[account.id], first=9)).items == ()
    assert (await reads.holdings(EVE, connections=[connection], first=9)).items == ()
    assert await reads.holding(EVE, account.id, stock(1).id) is None
    assert await reads.marks(EVE) == {}
    assert (await reads.orders(EVE, accounts=[account.id], first=9)).items == ()
    assert await reads.order(EVE, order.id) is None
    assert await reads.order_events(EVE, order.id) == ()
    assert (await reads.audit(EVE, first=9)).items == ()
    assert await reads.instrument(EVE, APPLE.id) is None
    assert (await house.journal.state(EVE)).connections == ()


async def test_single_things_are_found_by_their_ids(house: House) -> None:
    connection = await filled(house)
    reads = house.reads
    (account,) = await reads.accounts(USER)
    assert await reads.account(USER, account.id) == account
    found = await reads.connection(USER, connection)
    assert found is not None
    assert found.id == connection
    held = await reads.holding(USER, account.id, stock(2).id)
    assert held is not None
    assert held.holding == holding(stock(2))
    order = (await reads.orders(USER, first=1)).items[0]
    assert await reads.order(USER, order.id) == order
    assert await reads.order(USER, OrderId("none")) is None
    (event,) = await reads.order_events(USER, order.id)
    assert event.order == order
    assert await reads.instrument(USER, stock(2).id) == stock(2)
    assert await reads.instrument(USER, APPLE.id) == APPLE
    assert await reads.instrument(USER, InstrumentId("EQUITY:NONE:USD")) is None
    assert await reads.marks(USER) == {connection: {APPLE.id: mark()}}
    assert list(await reads.balances(USER, [account.id])) == [account.id]
    assert (await reads.valuations(USER, [account.id]))[account.id].as_of == at(0)


@pytest.mark.parametrize(
    "after", ["", "x", "!!", encode_key(("a",)), encode_key((1, 2)), encode_key((2**60, "x"))]
)
async def test_a_cursor_of_another_kind_is_refused(house: House, after: str) -> None:
    with pytest.raises(Problem) as caught:
        await house.reads.orders(USER, first=1, after=after)
    assert caught.value.code is ErrorCode.CURSOR_INVALID
    assert caught.value.field == "after"
    with pytest.raises(Problem):
        await house.reads.holdings(USER, first=1, after=after)
    with pytest.raises(Problem):
        await house.reads.audit(USER, first=1, after=after)
