"""`brokergraph witness`: a vendor's own client reads what we read, and we compare."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.brokers_offered import endpoints
from app.commands import with_stores
from app.settings import Settings
from app.stores import Stores
from app.unfit import plain_text
from app.witness import LONGEST, python_of, script_of, testimony
from brokers import plugins
from brokers.contract import Broker
from brokers.gate import CallRecord
from brokers.lines import Lines
from domain.audit import AuditEntry
from domain.connection import Connection
from domain.errors import BrokerError, ErrorCode, Problem
from domain.ids import ConnectionId
from domain.witness import Difference, Sighting, differences
from trading.witness import Kept, Reading

# So many differences are written into the audit; all of them are printed.
_MOST_NOTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it, and when."""

    at: datetime
    compared: int
    differences: tuple[Difference, ...]


def witness(
    connection: Annotated[str, typer.Argument(help="Its id, of the API or of the log.")],
) -> None:
    """Compare with what the broker tells its own client; the exit status is 1 if it differs."""
    from graph.node import key_of

    settings = Settings()
    known_as = ConnectionId(key_of("Connection", connection) or connection)

    async def act(stores: Stores) -> Verdict:
        return await Witnessing(stores, settings).run(known_as)

    verdict = with_stores(act)
    for difference in verdict.differences:
        typer.echo(str(difference))
    if verdict.differences:
        typer.echo(f"Not verified; differences: {len(verdict.differences)}.")
        raise typer.Exit(1)
    typer.echo(f"Verified on {verdict.at:%Y-%m-%d}: {verdict.compared} things are alike.")


class Witnessing:
    """Our reading, then the witness's, then what differs; each run is audited, however it ends.

    `script` stands in for the broker's own witness; it is given `longest` seconds.
    """

    def __init__(
        self,
        stores: Stores,
        settings: Settings,
        *,
        script: Path | None = None,
        longest: float = LONGEST,
    ) -> None:
        self._stores, self._clock = stores, stores.writer.clock
        self._settings, self._endpoints = settings, endpoints(plugins(), settings)
        self._script, self._longest = script, longest

    async def run(self, id: ConnectionId) -> Verdict:
        """Problem, which is audited too, if either side cannot be read."""
        connection = await self.connection(id)
        try:
            script = self._script or script_of(connection.broker)
            python = await python_of(connection.broker)
            kept = await self.kept(connection)
            seen = await self.seen(connection, python, script)
        except Problem as problem:
            await self._note(connection, "FAILED", {"reason": problem.message})
            raise
        return await self.verdict(connection, kept, seen)

    async def connection(self, id: ConnectionId) -> Connection:
        """Whoever's it is; Problem if there is none, or it would be read in plain text."""
        for sentence in plain_text(self._settings):
            raise Problem(ErrorCode.BAD_INPUT, sentence)
        for user in await self._stores.users.list():
            found = await self._stores.connections.one(user.id, id)
            if found is not None:
                return found
        raise Problem(ErrorCode.NOT_FOUND, "There is no such connection: the API lists their ids.")

    async def kept(self, connection: Connection) -> Kept:
        """Our own side, read anew."""
        stores = self._stores
        reading = Reading(
            clock=self._clock,
            connections=stores.connections,
            ledger=stores.ledger,
            reads=stores.reads,
        )
        try:
            async with self._line(connection) as broker:
                return await reading.fresh(connection, broker)
        except BrokerError as error:
            failure = error
        raise Problem(failure.code, f"We could not read the account ourselves: {failure.message}.")

    async def seen(
        self, connection: Connection, python: Path, script: Path
    ) -> tuple[Sighting, ...]:
        """The witness's side."""
        broker, environment = connection.broker, connection.environment
        urls = {
            **plugins()[broker].endpoints.get(environment, {}),
            **self._endpoints.get(broker, {}).get(environment, {}),
        }
        keys = await self._stores.connections.credentials(connection.user_id, connection.id)
        asked = {"credentials": dict(keys), "endpoints": urls}
        return await testimony(python, script, asked, self._longest)

    async def verdict(
        self, connection: Connection, kept: Kept, seen: Sequence[Sighting]
    ) -> Verdict:
        """What differs, audited."""
        found = differences(kept.sightings, seen, kept.as_of)
        lines = {f"{place}": str(one) for place, one in enumerate(found[:_MOST_NOTED], 1)}
        outcome = "DIFFERENT" if found else "VERIFIED"
        detail = {"compared": str(len(kept.sightings)), "differences": str(len(found)), **lines}
        at = await self._note(connection, outcome, detail)
        return Verdict(at=at, compared=len(kept.sightings), differences=found)

    @asynccontextmanager
    async def _line(self, connection: Connection) -> AsyncIterator[Broker]:
        from app.house import entry_of

        async def record(call: CallRecord) -> None:
            await self._stores.audit.append(call.user, entry_of(call))

        credentials = self._stores.connections.credentials
        lines = Lines(plugins(), credentials, record, self._clock, self._endpoints)
        try:
            yield await lines.open(connection)
        finally:
            await lines.aclose()

    async def _note(
        self, connection: Connection, outcome: str, detail: Mapping[str, str]
    ) -> datetime:
        at = self._clock.now()
        entry = AuditEntry(
            at=at,
            actor="command line",
            action="witness",
            outcome=outcome,
            connection=connection.id,
            detail=detail,
        )
        await self._stores.audit.append(connection.user_id, entry)
        return at
