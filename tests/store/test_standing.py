"""What is kept decoded is never older than the database, whoever wrote there."""

import asyncio
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account, AccountStatus, AccountType, Environment
from domain.changes import HoldingChange
from domain.connection import ConnectionState
from domain.ids import AccountId, ConnectionId, UserId
from domain.instrument import AssetClass, Instrument
from store.page import encode_key
from store.reads import Reads
from store.standing import Standing, Standings
from tests.store.house import USER, House, health
from tests.store.samples import APPLE, NVIDIA, holding, mark, snapshot


async def test_what_has_not_changed_is_not_read_again(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(holdings=[holding()]))
    first = await house.reads.standing(USER)
    assert await house.reads.standing(USER) is first
    eve = await house.reads.standing(UserId("eve"))
    assert eve.holdings == ()
    assert await house.reads.standing(USER) is first


async def test_what_is_stored_without_being_journalled_is_seen_at_once(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(
        USER, connection.id, snapshot(holdings=[holding()], marks=[mark(price="1")])
    )
    before, told = await house.reads.standing(USER), len(house.committed)
    await house.clock.advance(60)
    again = snapshot(60, holdings=[holding()], marks=[mark(price="2")])
    await house.ledger.record(USER, connection.id, again)
    assert len(house.committed) == told
    after = await house.reads.standing(USER)
    (account,) = after.accounts
    assert before.marks[connection.id][APPLE.id].price == Decimal(1)
    assert after.marks[connection.id][APPLE.id].price == Decimal(2)
    assert before.valuations[account].as_of < after.valuations[account].as_of


async def test_what_another_process_wrote_is_seen_at_once(house: House) -> None:
    elsewhere = Reads(house.db)
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(holdings=[holding(quantity="1")]))
    assert (await elsewhere.holdings(USER, first=9)).items[0].holding.quantity == 1
    await house.clock.advance(60)
    await house.ledger.record(USER, connection.id, snapshot(60, holdings=[holding(NVIDIA)]))
    (held,) = (await elsewhere.holdings(USER, first=9)).items
    assert held.holding.instrument == NVIDIA


async def test_an_account_that_changes_hands_is_seen_at_once(house: House) -> None:
    ill, well = await house.connect(), await house.connect(label="Second")
    await house.ledger.record(USER, ill.id, snapshot(holdings=[holding()]))
    assert len((await house.reads.holdings(USER, connections=[ill.id], first=9)).items) == 1
    rejected = health(ConnectionState.REAUTH_REQUIRED, house.clock.now())
    await house.connections.set_health(USER, ill.id, rejected)
    await house.ledger.record(USER, well.id, snapshot(1, holdings=[holding()]))
    assert (await house.reads.holdings(USER, connections=[ill.id], first=9)).items == ()
    assert len((await house.reads.holdings(USER, connections=[well.id], first=9)).items) == 1


async def test_what_was_purged_is_not_kept(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(holdings=[holding()], marks=[mark()]))
    assert (await house.reads.standing(USER)).holdings
    await house.connections.disconnect(USER, connection.id, purge=True)
    standing = await house.reads.standing(USER)
    assert (standing.holdings, standing.accounts, standing.marks) == ((), {}, {})


async def test_all_who_ask_at_once_are_told_the_same(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(holdings=[holding()]))
    asked = await asyncio.gather(*(house.reads.standing(USER) for _ in range(20)))
    assert len({id(each) for each in asked}) == 1


async def test_no_more_is_kept_than_there_is_room_for(house: House) -> None:
    names = [UserId(f"user{index}") for index in range(4)]
    for name in names:
        connection = await house.connect(name)
        held = [holding(), holding(NVIDIA)]
        await house.ledger.record(name, connection.id, snapshot(holdings=held))
    standings = Standings(house.db, most=7)
    first = await standings.of(names[0])
    assert await standings.of(names[0]) is first
    for name in names[1:]:
        await standings.of(name)
    last = await standings.of(names[-1])
    assert await standings.of(names[-1]) is last
    assert await standings.of(names[0]) is not first


_ACCOUNTS = [AccountId(f"a{index}") for index in range(3)]
_STOCKS = [
    Instrument(asset_class=AssetClass.EQUITY, symbol=f"S{index}", currency="USD")
    for index in range(4)
]


def _standing(held: list[tuple[int, int]]) -> Standing:
    changes = [
        HoldingChange(account_id=_ACCOUNTS[account], holding=holding(_STOCKS[stock]))
        for account, stock in sorted(held)
    ]
    return Standing(
        version=("tag", 1, 1),
        accounts={id: _account(id, index) for index, id in enumerate(_ACCOUNTS)},
        balances={},
        valuations={},
        holdings=tuple(changes),
        marks={},
    )


def _account(name: AccountId, index: int) -> Account:
    return Account(
        id=name,
        connection_id=ConnectionId(f"c{index % 2}"),
        broker="alpaca",
        environment=Environment.PAPER,
        masked_number="***1",
        type=AccountType.MARGIN,
        raw_type="margin",
        currency="USD",
        status=AccountStatus.OPEN,
        raw_status="ACTIVE",
    )


@given(
    held=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3))),
    accounts=st.none() | st.sets(st.sampled_from([*_ACCOUNTS, AccountId("unknown")])),
    connections=st.none() | st.sets(st.sampled_from(["c0", "c1", "c9"]).map(ConnectionId)),
    instrument=st.none() | st.sampled_from(_STOCKS),
    first=st.integers(1, 5),
)
def test_pages_bring_just_what_was_asked_for(
    held: set[tuple[int, int]],
    accounts: set[AccountId] | None,
    connections: set[ConnectionId] | None,
    instrument: Instrument | None,
    first: int,
) -> None:
    standing = _standing(list(held))
    wanted = [
        (_ACCOUNTS[account], _STOCKS[stock].id)
        for account, stock in sorted(held)
        if (accounts is None or _ACCOUNTS[account] in accounts)
        and (connections is None or ConnectionId(f"c{account % 2}") in connections)
        and (instrument is None or _STOCKS[stock] == instrument)
    ]
    found, after, more = [], None, True
    while more:
        page = standing.page(
            accounts=accounts,
            connections=connections,
            instrument=instrument.id if instrument else None,
            first=first,
            after=after,
        )
        assert len(page.items) <= first
        found += [(each.account_id, each.holding.instrument.id) for each in page.items]
        more = page.has_next
        after = page.cursors[-1] if page.cursors else None
    assert found == wanted


def test_a_cursor_of_what_is_gone_goes_on_behind_it() -> None:
    standing = _standing([(0, 1), (1, 0)])
    page = standing.page(first=9, after=encode_key((_ACCOUNTS[0], _STOCKS[2].id)))
    assert [each.account_id for each in page.items] == [_ACCOUNTS[1]]
