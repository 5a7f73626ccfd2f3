"""A ticket committed to: written down before anything is sent, and what became of the sending."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import uuid4

from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, ConnectionId, IntentId, OrderId, UserId
from domain.instrument import Instrument
from domain.money import EXACT, plain
from domain.order import Leg, Terms
from domain.ticket import Exits, Ticket

KEY_LENGTH = 128
# Every order of ours carries this, so that what was placed elsewhere can be told from it.
OURS = "bg-"


class IntentKind(StrEnum):
    """Why an order is to be created; each of them passes the same gate."""

    PLACE = "PLACE"
    REPLACE = "REPLACE"
    CLOSE = "CLOSE"
    FLATTEN = "FLATTEN"


class IntentState(StrEnum):
    """How far a sending got.

    PENDING: nothing left. SENDING: it may be leaving. PLACED: the broker has it. REFUSED: the
    broker said no. UNKNOWN: it may be at the broker. NOT_PLACED: proved, or decided by a person,
    never to have arrived.
    """

    PENDING = "PENDING"
    SENDING = "SENDING"
    PLACED = "PLACED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    NOT_PLACED = "NOT_PLACED"

    @property
    def definite(self) -> bool:
        """Whether it is known what became of it."""
        return self in _DEFINITE


_DEFINITE = frozenset({IntentState.PLACED, IntentState.REFUSED, IntentState.NOT_PLACED})

# Whatever was concluded, an order that is seen is an order: only PLACED is for ever.
_NEXT: Mapping[IntentState, frozenset[IntentState]] = {
    IntentState.PENDING: frozenset(
        {
            IntentState.SENDING,
            IntentState.REFUSED,
            IntentState.NOT_PLACED,
            IntentState.PLACED,
        }
    ),
    IntentState.SENDING: _DEFINITE | {IntentState.UNKNOWN},
    IntentState.UNKNOWN: frozenset({IntentState.PLACED, IntentState.NOT_PLACED}),
    IntentState.REFUSED: frozenset({IntentState.PLACED}),
    IntentState.NOT_PLACED: frozenset({IntentState.PLACED}),
    IntentState.PLACED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One order to be created, at most once.

    `deadline`: after it the owner sends nothing, before it nobody else resolves. `notional` is what
    it was worth in the instrument's currency when it was written down, None if nobody knew.
    """

    id: IntentId
    user_id: UserId
    connection_id: ConnectionId
    account_id: AccountId
    kind: IntentKind
    key: str
    body: str
    client_order_id: str
    instrument: Instrument
    terms: Terms
    state: IntentState
    created_at: datetime
    changed_at: datetime
    deadline: datetime
    owner: str
    legs: tuple[Leg, ...] = ()
    exits: Exits | None = None
    notional: Decimal | None = None
    replaces: OrderId | None = None
    order_id: OrderId | None = None
    code: ErrorCode | None = None
    message: str | None = None
    note: str | None = None

    def ticket(self, account: str) -> Ticket:
        """What goes to the broker; `account` is the institution's number."""
        return Ticket(
            account=account,
            client_order_id=self.client_order_id,
            instrument=self.instrument,
            terms=self.terms,
            legs=self.legs,
            exits=self.exits,
        )


def new_client_order_id() -> str:
    """An id for ever unique; short enough for every broker that takes one of 48 characters."""
    return OURS + uuid4().hex


def fingerprint(kind: IntentKind, body: Mapping[str, object]) -> str:
    """The same for the same request however its numbers are written: 1 and 1.00 are one body."""
    text = json.dumps([kind.value, _canonical(body)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> object:
    match value:
        case Decimal():
            return plain(value.normalize(EXACT))
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): _canonical(each) for key, each in value.items()}
        case list() | tuple():
            return [_canonical(each) for each in value]
        case _:
            return None if value is None else str(value)


def sending(intent: Intent, *, owner: str, now: datetime, deadline: datetime) -> Intent:
    """It leaves now, by this owner, until that deadline."""
    moved = _moved(intent, IntentState.SENDING, now)
    return replace(moved, owner=owner, deadline=deadline)


def placed(intent: Intent, *, order: OrderId, now: datetime) -> Intent:
    """The broker has it: an order with its id was seen; whatever was concluded before is void."""
    if intent.state is IntentState.PLACED:
        return intent
    moved = _moved(intent, IntentState.PLACED, now)
    return replace(moved, order_id=order, code=None, message=None)


def refused(intent: Intent, *, code: ErrorCode, message: str, now: datetime) -> Intent:
    """The broker said no."""
    return replace(_moved(intent, IntentState.REFUSED, now), code=code, message=message)


def unknown(intent: Intent, *, message: str, now: datetime) -> Intent:
    """It may have arrived; only looking can tell."""
    moved = _moved(intent, IntentState.UNKNOWN, now)
    return replace(moved, code=ErrorCode.OUTCOME_UNKNOWN, message=message)


def not_placed(
    intent: Intent, *, code: ErrorCode, message: str, now: datetime, note: str | None = None
) -> Intent:
    """It never arrived; `note` is a person's reason."""
    moved = _moved(intent, IntentState.NOT_PLACED, now)
    return replace(moved, code=code, message=message, note=note)


def _moved(intent: Intent, state: IntentState, now: datetime) -> Intent:
    if state not in _NEXT[intent.state]:
        raise Problem(ErrorCode.CONFLICT, f"an intent that is {intent.state} cannot be {state}")
    return replace(intent, state=state, changed_at=now)


def abandoned(intent: Intent, now: datetime) -> bool:
    """Whether its owner's time is up and somebody has to conclude it."""
    return not intent.state.definite and now > intent.deadline


def absence_proves(
    intent: Intent, *, asked_at: datetime, settles: timedelta | None, horizon: timedelta | None
) -> bool:
    """Whether a look that began at `asked_at` and found nothing shows that it never arrived.

    `settles` is how long after the deadline the broker may still bring it to light, None if it
    proves nothing ever; past `horizon` an order that was there could no longer be found.
    """
    if settles is None:
        return False
    seen_back_to = None if horizon is None else asked_at - horizon
    in_sight = seen_back_to is None or intent.created_at >= seen_back_to
    return in_sight and asked_at >= intent.deadline + settles


class Boundary(StrEnum):
    """The durable moments of a sending, in order: a crash at any of them is survived.

    COMMITTING is inside the transaction, COMMITTED after it; WRITING just before the request
    leaves, WRITTEN when its first bytes have, REPLIED when the answer was read.
    """

    INTENT_COMMITTING = "INTENT_COMMITTING"
    INTENT_COMMITTED = "INTENT_COMMITTED"
    SENDING_COMMITTING = "SENDING_COMMITTING"
    SENDING_COMMITTED = "SENDING_COMMITTED"
    WRITING = "WRITING"
    WRITTEN = "WRITTEN"
    REPLIED = "REPLIED"
    OUTCOME_COMMITTING = "OUTCOME_COMMITTING"
    OUTCOME_COMMITTED = "OUTCOME_COMMITTED"


# Called at each boundary; a test kills the process there.
Trace = Callable[[Boundary], None]


def untraced(boundary: Boundary) -> None:
    """Nobody watches."""
