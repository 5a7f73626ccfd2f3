"""Whose the connections are: on SQLite the one server's, on PostgreSQL whose lease it is."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

from app.settings import Settings
from app.stores import Stores
from domain.clock import Clock
from domain.ids import ConnectionId
from store.intents import Intents
from store.leases import Lease
from store.ledger import Ledger
from streaming.ownership import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """What feeds write with and orders leave by, while the connections are this process's.

    `running` is entered before anything that runs under it; what it is given is called when the
    connections come or go.
    """

    owns: Callable[[ConnectionId], bool]
    ledger: Ledger
    intents: Intents
    running: Callable[[Callable[[], None]], AbstractAsyncContextManager[None]]


def tenure_of(settings: Settings, stores: Stores, clock: Clock) -> Tenure:
    """A lock file keeps a second server from an SQLite database, so there is no lease to ask for.

    A process without feeds runs nothing, but resolves its own orders and anybody's, which is safe.
    """
    if stores.db.engine == "sqlite" or not settings.feeds:
        return Tenure(
            owns=lambda _: True,
            ledger=stores.ledger,
            intents=stores.intents,
            running=lambda _: nullcontext(),
        )
    lasts = timedelta(seconds=settings.lease_seconds)
    lease = Lease(stores.db, clock, "connections", lasts=lasts)
    ownership = Ownership(lease, clock)
    return Tenure(
        owns=ownership.owns,
        ledger=stores.ledger.fenced(lease.required),
        intents=stores.intents.fenced(lease.unbroken),
        running=ownership.running,
    )
