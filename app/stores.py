"""The store with all its parts, opened for the server or for one short command."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.settings import PREFIX, Settings
from domain.changes import Change
from domain.clock import Clock
from domain.errors import ErrorCode, Problem
from store import backup
from store.access import Links, SignIns, Tokens
from store.audit import Audit
from store.connections import Connections
from store.consents import Consents
from store.credentials import Credentials
from store.database import Database
from store.identities import Identities
from store.intents import Intents
from store.journal import Journal
from store.keyring import Keyring, KeyringUnusable
from store.ledger import Ledger
from store.reads import Reads
from store.risk_limits import RiskLimits
from store.second_factors import SecondFactors
from store.sync_runs import SyncRuns
from store.trading_states import TradingStates
from store.users import Users
from store.vault import Vault
from store.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that is kept, by the part that keeps it."""

    db: Database
    writer: Writer
    ledger: Ledger
    journal: Journal
    reads: Reads
    connections: Connections
    consents: Consents
    vault: Vault
    audit: Audit
    users: Users
    tokens: Tokens
    sign_ins: SignIns
    links: Links
    second_factors: SecondFactors
    identities: Identities
    sync_runs: SyncRuns
    intents: Intents
    risk_limits: RiskLimits
    trading_states: TradingStates
    preview_secret: bytes = field(repr=False)
    sign_in_secret: bytes = field(repr=False)


def keyring(settings: Settings) -> Keyring:
    """The master keys; Problem with the way out if there are none or they are no keys."""
    if settings.master_key is None and not settings.key_path.exists():
        raise Problem(
            ErrorCode.UNAVAILABLE,
            f"There is no master key: make one with `brokergraph keys init`, which writes "
            f"{settings.key_path}, or set {PREFIX}MASTER_KEY.",
        )
    try:
        if settings.master_key is not None:
            return Keyring.parse(settings.master_key.get_secret_value())
        return Keyring.read(settings.key_path)
    except KeyringUnusable as unusable:
        raise Problem(ErrorCode.UNAVAILABLE, f"The master key: {unusable}.") from None


@asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock,
    *,
    committed: Callable[[Sequence[Change]], None] = lambda _: None,
    exclusive: bool = False,
) -> AsyncIterator[Stores]:
    """Open the database, migrate it if it is SQLite (copied first), and write while inside."""
    keys = keyring(settings)
    db = await Database.open(settings.database, exclusive=exclusive)
    try:
        await _make_current(db)
        writer = Writer(db, clock, committed, chain=keys.audit_chain())
        async with writer.running():
            yield composed(db, writer, keys)
    finally:
        await db.close()


async def _make_current(db: Database) -> None:
    """SQLite is migrated on opening; a database that others use too only by the command."""
    if unknown := await db.unknown():
        raise Problem(
            ErrorCode.UNAVAILABLE,
            f"The database was written by a newer version, whose {unknown[-1]} is not known here: "
            "install that version, or restore the copy that was made before it.",
        )
    if db.engine == "sqlite":
        await backup.migrate(db)
    elif not await db.is_current():
        raise Problem(
            ErrorCode.UNAVAILABLE,
            "The database is not as this version needs it: run `brokergraph migrate` once.",
        )


def composed(db: Database, writer: Writer, keys: Keyring) -> Stores:
    """The parts over an open database; they only read unless the writer runs."""
    vault, intents = Vault(keys), Intents(writer)
    return Stores(
        db=db,
        writer=writer,
        ledger=Ledger(writer, seen=intents.appeared),
        journal=Journal(db),
        reads=Reads(db),
        connections=Connections(writer, vault),
        consents=Consents(writer, vault),
        vault=vault,
        audit=Audit(writer, keys),
        users=Users(writer),
        tokens=Tokens(writer),
        sign_ins=SignIns(writer),
        links=Links(writer),
        second_factors=SecondFactors(writer, Credentials(vault)),
        identities=Identities(writer),
        sync_runs=SyncRuns(writer),
        intents=intents,
        risk_limits=RiskLimits(writer),
        trading_states=TradingStates(writer),
        preview_secret=keys.preview_secret(),
        sign_in_secret=keys.sign_in_secret(),
    )
