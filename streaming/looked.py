"""How a look at a connection's accounts went, in the words of freshness and of sync runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.connection import Freshness, Resource, SyncStatus
from domain.sync import SyncResult
from streaming.health import code_of, message_of

OBSERVED = (Resource.BALANCES, Resource.POSITIONS, Resource.ORDERS)
_READ = (*OBSERVED, Resource.TRANSACTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was attempted, how much was found where it went well, and the first error if not.

    `expires_at` is when the sign-in will end by itself, as far as the broker has told.
    `again` asks for another look: something changed while this one was under way. `unbooked` is why
    transactions could not be read though all else could.
    """

    attempted: Sequence[Resource]
    counts: Mapping[Resource, int] = field(default_factory=dict)
    error: Exception | None = None
    open_orders: bool = False
    again: bool = False
    unbooked: Exception | None = None
    expires_at: datetime | None = None


def together(looks: Iterable[Looked]) -> Looked:
    """Several accounts as one: a resource went well only if it did for each."""
    whole = Looked(attempted=_READ, counts=dict.fromkeys(_READ, 0))
    for look in looks:
        error = whole.error or look.error
        shared = whole.counts.keys() & look.counts.keys()
        whole = Looked(
            attempted=[r for r in whole.attempted if r in look.attempted],
            counts={} if error else {r: whole.counts[r] + look.counts[r] for r in shared},
            error=error,
            open_orders=whole.open_orders or look.open_orders,
            again=whole.again or look.again,
            unbooked=whole.unbooked or look.unbooked,
        )
    return replace(whole, attempted=_READ) if whole.unbooked else whole


def freshened(known: Iterable[Freshness], looked: Looked, at: datetime) -> tuple[Freshness, ...]:
    """The freshness of every resource after a look that began at this moment."""
    before = {each.resource: each for each in known}
    return tuple(
        _tried(before.get(resource, Freshness(resource=resource)), looked, at)
        for resource in Resource
    )


def results(looked: Looked) -> tuple[SyncResult, ...]:
    """What a person who asked for a sync is told."""
    return tuple(_result(resource, looked) for resource in Resource)


def _tried(known: Freshness, looked: Looked, at: datetime) -> Freshness:
    if known.resource not in looked.attempted:
        return known
    if known.resource in looked.counts:
        return Freshness(
            resource=known.resource, status=SyncStatus.OK, succeeded_at=at, attempted_at=at
        )
    error = looked.error or looked.unbooked
    code = None if error is None else code_of(error)
    return replace(known, status=SyncStatus.FAILED, attempted_at=at, error=code)


def _result(resource: Resource, looked: Looked) -> SyncResult:
    error = looked.error or (looked.unbooked if resource is Resource.TRANSACTIONS else None)
    if resource in looked.counts or error is None:
        return SyncResult(
            resource=resource, status=SyncStatus.OK, count=looked.counts.get(resource, 0)
        )
    return SyncResult(
        resource=resource,
        status=SyncStatus.FAILED,
        count=0,
        error=code_of(error),
        message=message_of(error),
    )
