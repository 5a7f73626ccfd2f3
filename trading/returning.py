"""People coming back from a broker's page to the one callback address."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from brokers.contract import Consent, Plugin
from domain.clock import Clock
from domain.connection import Connection
from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.connections import Connections
from store.consents import Awaited, Consents
from trading.connect import Connect
from trading.proving import note
from trading.sign_ins import names

_AGAIN = "begin to sign in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """Finds what somebody comes back for, and completes it; Problem and BrokerError as Connect."""

    connect: Connect
    connections: Connections
    consents: Consents
    plugins: Mapping[str, Plugin]
    clock: Clock

    async def back(self, user: UserId, came: Mapping[str, str], session: str | None) -> Connection:
        """The connection that is signed in by what came back with the signed-in person."""
        for broker, way in self._ways():
            awaited = await self._awaited(user, broker, way, came)
            if awaited is not None:
                break
        else:
            raise await self._stray(user)
        if awaited.user_id != user:
            raise await self._foreign(awaited)
        values = {name: text for name, text in came.items() if name in names(way)}
        return await self.connect.complete(user, awaited.connection_id, values, session=session)

    async def _awaited(
        self, user: UserId, broker: str, way: Consent, came: Mapping[str, str]
    ) -> Awaited | None:
        """By its state; without one, the only one of the user's whose code may also be copied.

        Such a code is good for the asking that it answers and no other (OAuth 1.0a), and E*TRADE's
        documented redirect brings nothing else (authorize page of its API guide, 2026).
        """
        if way.state in came:
            return await self.consents.by_state(came[way.state])
        if way.verifier is None or way.verifier.name not in came:
            return None
        mine = {one.connection_id: one for one in await self.consents.awaited(user)}
        connections = [await self.connections.one(user, key) for key in mine]
        found = [each.id for each in connections if each is not None and each.broker == broker]
        return mine[found[0]] if len(found) == 1 else None

    def _ways(self) -> Iterator[tuple[str, Consent]]:
        for broker, plugin in self.plugins.items():
            for way in plugin.sign_ins:
                if isinstance(way, Consent):
                    yield broker, way

    async def _stray(self, user: UserId) -> Problem:
        """It is told on all that this person may have come back for."""
        message = f"this answer belongs to no sign-in that is under way; {_AGAIN}"
        stray = Problem(ErrorCode.BAD_INPUT, message)
        for awaited in await self.consents.awaited(user):
            await self._note(user, awaited.connection_id, stray)
        return stray

    async def _foreign(self, awaited: Awaited) -> Problem:
        """Somebody else has what only the owner's browser should: it is used up, and told."""
        message = f"somebody else came back from the broker's page; {_AGAIN}"
        with suppress(Problem):
            await self.consents.answer(awaited.user_id, awaited.connection_id)
        told = Problem(ErrorCode.FORBIDDEN, message)
        await self._note(awaited.user_id, awaited.connection_id, told)
        return Problem(ErrorCode.FORBIDDEN, "this sign-in was begun by somebody else")

    async def _note(self, user: UserId, id: ConnectionId, error: Problem) -> None:
        if (connection := await self.connections.one(user, id)) is not None:
            await note(self.connections, connection, error, self.clock.now())
