"""What is asked of the one way to an order, and what is refused before anybody looks further."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from domain.books import Books, Market
from domain.capabilities import Capabilities, Replacing, objections
from domain.connection import Connection, ConnectionState, Permission
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, InstrumentId, IntentId, OrderId, UserId
from domain.instrument import Instrument
from domain.intent import Intent, IntentKind, IntentState, new_client_order_id
from domain.order import Leg, OrderClass, Terms
from domain.risk import worth
from domain.ticket import Exits, Ticket
from domain.ticket_options import Increments, between_steps

# From writing it down to letting it leave; after that it is taken for abandoned.
START_WITHIN = timedelta(seconds=60)
_WELL = frozenset({ConnectionState.ACTIVE, ConnectionState.DEGRADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order as the books of the moment make it."""

    instrument: Instrument
    terms: Terms
    legs: tuple[Leg, ...] = ()
    exits: Exits | None = None
    replaces: OrderId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request for one order; `draft` is pure and raises Problem, or Stale for a fresher look.

    `instruments` are those whose prices it takes to decide.
    """

    user: UserId
    kind: IntentKind
    key: str
    body: str
    account: AccountId
    instruments: tuple[Instrument, ...]
    draft: Callable[[Books], Draft]


def intent_of(wanted: Wanted, draft: Draft, books: Books, market: Market) -> Intent:
    """What is written down before anything is sent."""
    mark = market.marks.get(draft.instrument.held_as)
    return Intent(
        id=IntentId(str(uuid4())),
        user_id=wanted.user,
        connection_id=books.connection.id,
        account_id=wanted.account,
        kind=wanted.kind,
        key=wanted.key,
        body=wanted.body,
        client_order_id=new_client_order_id(),
        instrument=draft.instrument,
        terms=draft.terms,
        legs=draft.legs,
        exits=draft.exits,
        state=IntentState.PENDING,
        created_at=books.now,
        changed_at=books.now,
        deadline=books.now + START_WITHIN,
        owner="",
        notional=worth(draft.instrument, draft.terms, mark, draft.legs),
        replaces=draft.replaces,
    )


def check_tradable(connection: Connection) -> None:
    """Nothing if orders may go through it; else a Problem that says what to do."""
    if connection.permission is not Permission.TRADE:
        raise Problem(
            ErrorCode.NOT_PERMITTED, "this connection may only read; allow it to trade first"
        )
    if not connection.enabled or connection.health.state not in _WELL:
        state = connection.health.state
        raise Problem(ErrorCode.UNAVAILABLE, f"the connection is {state}; mend it first")


def check_supported(draft: Draft, capabilities: Capabilities) -> None:
    """Nothing if the broker can take it; else what it cannot, and what it could.

    What hangs together with other orders may be replaced alone.
    """
    if draft.replaces is not None:
        if capabilities.replacing is Replacing.NONE:
            message = "orders cannot be replaced here; cancel it and place another"
            raise Problem(ErrorCode.UNSUPPORTED_CAPABILITY, message)
        draft = replace(draft, terms=replace(draft.terms, order_class=OrderClass.SIMPLE))
    ticket = Ticket(
        account="",
        client_order_id="",
        instrument=draft.instrument,
        terms=draft.terms,
        legs=draft.legs,
        exits=draft.exits,
    )
    for objection in objections(ticket, capabilities):
        raise Problem(objection.code, objection.message, field=objection.field)


def check_steps(draft: Draft, steps: Mapping[InstrumentId, Increments]) -> None:
    """Nothing unless a price or a quantity is known to fall between the broker's steps."""
    known = steps.get(draft.instrument.id)
    if known is not None:
        for objection in between_steps(draft.terms, draft.exits, known):
            raise Problem(objection.code, objection.message, field=objection.field)
