"""Intents as rows: one per key, moved by decisions under the lock, told when they are in doubt."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.books import Books
from domain.changes import ChangeKind, IntentChange
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, ConnectionId, IntentId, OrderId, UserId
from domain.intent import (
    Boundary,
    Intent,
    IntentKind,
    IntentState,
    not_placed,
    refused,
    sending,
    unknown,
)
from store.intents import Committed, Intents
from store.leases import Fenced
from store.ledger import Ledger
from store.unit import Unit
from tests.store.house import USER, House
from tests.store.samples import APPLE, report, snapshot, terms

BOB, CLIENT = UserId("bob"), "bg-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Intents over a store with one account."""

    house: House
    intents: Intents
    ledger: Ledger
    account: AccountId
    traced: list[Boundary]
    connection: ConnectionId

    async def commit(self, key: str = "key", body: str = "body", **more: object) -> Committed:
        """Write one down."""
        return await self.intents.commit(
            USER,
            key=key,
            body=body,
            account=self.account,
            begun=self.house.clock.now(),
            decide=lambda books: replace(_intent(books, key, body), **more),  # type: ignore[arg-type]  # fields of an Intent
        )

    async def sent(self, intent: Intent) -> Intent:
        """Let it leave."""
        return await self.intents.send(intent, begun=self.house.clock.now(), decide=_leaves)

    async def concluded(
        self, intent: Intent, move: Callable[..., Intent] = unknown, **said: object
    ) -> Intent:
        """Conclude it so."""
        said = {"message": "said", **said}
        return await self.intents.conclude(
            intent, lambda known, now: move(known, now=now, **said), actor="test"
        )

    async def told(self) -> list[tuple[IntentState, bool]]:
        """What the journal has of intents."""
        changes = await self.house.journal.after(USER, 0)
        values = [change.value for change in changes]
        return [(v.intent.state, v.late) for v in values if isinstance(v, IntentChange)]


def _intent(books: Books, key: str, body: str) -> Intent:
    return Intent(
        id=IntentId(f"intent-{key}"),
        user_id=USER,
        connection_id=books.connection.id,
        account_id=books.account.id,
        kind=IntentKind.PLACE,
        key=key,
        body=body,
        client_order_id=f"bg-{key}",
        instrument=APPLE,
        terms=terms(),
        state=IntentState.PENDING,
        created_at=books.now,
        changed_at=books.now,
        deadline=books.now + timedelta(seconds=60),
        owner="",
        notional=Decimal(1000),
    )


def _leaves(books: Books, known: Intent) -> Intent:
    deadline = books.now + timedelta(seconds=30)
    return sending(known, owner="me", now=books.now, deadline=deadline)


@pytest.fixture
async def made(house: House) -> Made:
    traced: list[Boundary] = []
    intents = Intents(house.writer, trace=traced.append)
    ledger = Ledger(house.writer, seen=intents.appeared)
    connection = await house.connect()
    await ledger.record(USER, connection.id, snapshot())
    (account,) = await house.reads.accounts(USER)
    return Made(
        house=house,
        intents=intents,
        ledger=ledger,
        connection=connection.id,
        account=account.id,
        traced=traced,
    )


async def test_a_key_is_one_intent_and_of_one_body(made: Made) -> None:
    first = await made.commit()
    assert first.fresh
    again = await made.commit(client_order_id="bg-another")
    assert (again.intent, again.fresh) == (first.intent, False)
    with pytest.raises(Problem) as raised:
        await made.commit(body="another")
    assert raised.value.code is ErrorCode.IDEMPOTENCY_KEY_REUSED
    assert await made.intents.lately(USER, first=10) == (first.intent,)


async def test_a_key_of_one_user_says_nothing_to_another(made: Made) -> None:
    await made.commit()
    assert await made.intents.of_key(BOB, "key") is None
    assert await made.intents.one(BOB, IntentId("intent-key")) is None
    assert await made.intents.lately(BOB, first=10) == ()
    with pytest.raises(Problem) as raised:
        await made.intents.commit(
            BOB,
            key="key",
            body="body",
            account=made.account,
            begun=made.house.clock.now(),
            decide=lambda books: _intent(books, "key", "body"),
        )
    assert raised.value.code is ErrorCode.NOT_FOUND


async def test_what_a_decision_raises_leaves_nothing_behind(made: Made) -> None:
    def deny(books: Books) -> Intent:
        raise Problem(ErrorCode.TRADING_HALTED, "no")

    with pytest.raises(Problem):
        await made.intents.commit(
            USER,
            key="key",
            body="body",
            account=made.account,
            begun=made.house.clock.now(),
            decide=deny,
        )
    assert await made.intents.of_key(USER, "key") is None
    assert (await made.commit(body="another")).fresh


async def test_an_intent_leaves_once_and_a_definite_one_never_again(made: Made) -> None:
    intent = (await made.commit()).intent
    leaving = await made.sent(intent)
    assert (leaving.state, leaving.owner) == (IntentState.SENDING, "me")
    with pytest.raises(Problem) as raised:
        await made.sent(intent)
    assert raised.value.code is ErrorCode.CONFLICT
    ended = await made.concluded(leaving, refused, code=ErrorCode.BROKER_REFUSED)
    with pytest.raises(Problem):
        await made.concluded(ended)
    assert await made.intents.one(USER, intent.id) == ended
    assert await made.intents.unresolved() == ()


async def test_nothing_leaves_from_whoever_was_taken_over(made: Made) -> None:
    async def closed(unit: Unit) -> None:
        raise Fenced

    intent = (await made.commit()).intent
    fenced = made.intents.fenced(closed)
    with pytest.raises(Fenced):
        await fenced.send(intent, begun=made.house.clock.now(), decide=_leaves)
    assert await made.intents.one(USER, intent.id) == intent
    # What became of it is written down all the same.
    ended = await fenced.conclude(
        intent,
        lambda known, now: not_placed(known, code=ErrorCode.UNAVAILABLE, message="", now=now),
        actor="test",
    )
    assert ended.state is IntentState.NOT_PLACED


async def test_every_move_is_audited_with_its_actor(made: Made) -> None:
    leaving = await made.sent((await made.commit()).intent)
    await made.concluded(leaving)
    rows = (await made.house.reads.audit(USER, first=10)).items
    told = [(r.entry.outcome, r.entry.actor) for r in rows if r.entry.action == "intent.place"]
    assert sorted(told) == [("PENDING", USER), ("SENDING", "me"), ("UNKNOWN", "test")]
    assert (await made.house.audit.verify(USER)).ok


async def test_only_doubt_is_told_when_it_begins_and_when_it_ends(made: Made) -> None:
    plain = await made.sent((await made.commit("plain")).intent)
    await made.concluded(plain, refused, code=ErrorCode.BROKER_REFUSED)
    assert await made.told() == []
    doubtful = await made.sent((await made.commit("doubtful")).intent)
    doubtful = await made.concluded(doubtful)
    assert await made.told() == [(IntentState.UNKNOWN, False)]
    assert [i.id for i in (await made.house.journal.state(USER)).unknown] == [doubtful.id]
    await made.concluded(doubtful, not_placed, code=ErrorCode.NOT_SENT)
    assert await made.told() == [(IntentState.UNKNOWN, False), (IntentState.NOT_PLACED, False)]
    assert (await made.house.journal.state(USER)).unknown == ()


async def test_an_order_that_is_seen_ends_the_doubt_in_the_same_commit(made: Made) -> None:
    doubtful = await made.concluded(await made.sent((await made.commit()).intent))
    recorded = await made.ledger.record(USER, made.connection, report(client=CLIENT))
    assert [change.kind for change in recorded.changes] == [ChangeKind.ORDER, ChangeKind.INTENT]
    found = await made.intents.one(USER, doubtful.id)
    assert found is not None
    assert (found.state, found.code) == (IntentState.PLACED, None)
    assert await made.house.reads.order(USER, found.order_id or OrderId("")) is not None
    assert (await made.told())[-1] == (IntentState.PLACED, False)


@pytest.mark.parametrize("end", [not_placed, refused])
async def test_an_order_that_turns_up_after_all_is_placed_and_an_alarm(
    made: Made, end: Callable[..., Intent], caplog: pytest.LogCaptureFixture
) -> None:
    intent = await made.sent((await made.commit()).intent)
    await made.concluded(intent, end, code=ErrorCode.NOT_SENT)
    await made.ledger.record(USER, made.connection, report(client=CLIENT))
    assert await made.told() == [(IntentState.PLACED, True)]
    assert "CRITICAL" in {record.levelname for record in caplog.records}
    # Seen again, it is neither news nor an alarm.
    await made.ledger.record(USER, made.connection, report(seconds=1, client=CLIENT, filled="3"))
    assert len(await made.told()) == 1


async def test_an_order_of_another_account_ends_nothing(made: Made) -> None:
    doubtful = await made.concluded(await made.sent((await made.commit()).intent))
    await made.ledger.record(USER, made.connection, report(client="bg-another"))
    await made.ledger.record(USER, made.connection, report("b2", client=CLIENT, number="OTHER"))
    found = await made.intents.one(USER, doubtful.id)
    assert found is not None
    assert found.state is IntentState.UNKNOWN


async def test_unresolved_are_listed_oldest_first_and_by_user(made: Made) -> None:
    for key in ("one", "two", "three"):
        await made.commit(key)
        await made.house.clock.advance(1)
    found = await made.intents.unresolved()
    assert [intent.key for intent in found] == ["one", "two", "three"]
    assert await made.intents.unresolved([BOB]) == ()
    lately = await made.intents.lately(USER, first=2)
    assert [intent.key for intent in lately] == ["three", "two"]
    assert await made.intents.lately(USER, accounts=[AccountId("another")], first=2) == ()


async def test_every_move_passes_its_boundaries(made: Made) -> None:
    await made.concluded(await made.sent((await made.commit()).intent))
    assert made.traced == [
        Boundary.INTENT_COMMITTING,
        Boundary.SENDING_COMMITTING,
        Boundary.OUTCOME_COMMITTING,
    ]
