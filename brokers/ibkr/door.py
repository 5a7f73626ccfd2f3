"""How a Gateway is connected to: where it is, under which client id, and what is in the way."""

import asyncio
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from brokers.contract import Opening
from brokers.gate import Call, Purpose
from brokers.ibkr import codes, library, said
from brokers.ibkr.decoder import Exact
from brokers.ibkr.ears import Ears, Key
from domain.errors import BrokerError, CredentialsRejected, Unreachable

# In seconds: for the handshake, and after which an absence is no restart any more.
_HANDSHAKE, _RESTART = 5.0, 600.0
# A Gateway lets go of a client id some moments after its socket died.
_PAUSES = (0.25, 1.0)
_IDS, _MORE_IDS = 998, 7
_LARGEST = 2**31 - 1
_GATEWAY = "gateway"


class Door:
    """One Gateway's, for one connection of ours."""

    def __init__(self, opening: Opening) -> None:
        self._gate, self._clock = opening.gate, opening.clock
        self._name, self._host, self._port = _address(opening)
        self._ids = _client_ids(opening)
        self._away_since_seconds: float | None = None

    async def open(
        self,
        hear: Callable[[Key | None, said.Said], None],
        unreadable: Callable[[], None],
        lost: Callable[[Any], None],
    ) -> "Attempt":
        """With our client id, again after a moment if it is taken, then with another if we may.

        Unreachable or Refused says what is in the way.
        """
        first, *others = self._ids
        tries = [(0.0, first), *((pause, first) for pause in _PAUSES), *((0.0, o) for o in others)]
        for pause, number in tries:
            await self._clock.sleep(pause)
            attempt = Attempt(hear, unreadable, lost)
            try:
                if await self._tried(attempt, number):
                    return attempt
            except BaseException:
                attempt.abandon()
                raise
        raise codes.client_id_in_use(first)

    async def _tried(self, attempt: "Attempt", client_id: int) -> bool:
        """Whether this client id is free; every other hindrance is raised."""
        call = Call(operation="connect", purpose=Purpose.SESSION, method="TWS", path="START_API")
        async with self._gate.passing(call):
            error = await attempt.run(self._host, self._port, client_id, self._name)
            if error is None:
                self._away_since_seconds = None
                return True
            if error.broker_code == str(codes.CLIENT_ID_IN_USE):
                return False
            raise self._away(error)

    def _away(self, error: BrokerError) -> BrokerError:
        """A restart takes minutes; who stays away for longer waits for a person."""
        if not isinstance(error, Unreachable):
            return error
        now = self._clock.monotonic()
        if self._away_since_seconds is None:
            self._away_since_seconds = now
        away_seconds = now - self._away_since_seconds
        return codes.awaits_sign_in(self._name) if away_seconds > _RESTART else error


class Attempt:
    """One try to connect, over as soon as it is clear how it went."""

    def __init__(
        self,
        hear: Callable[[Key | None, said.Said], None],
        unreadable: Callable[[], None],
        lost: Callable[[Any], None],
    ) -> None:
        self._later, self._lost = hear, lost
        self.early: list[tuple[Key | None, said.Said]] = []
        self.closed, self._up, self._in_use = asyncio.Event(), False, False
        library.share_loop()
        ears = Ears(self._hear, unreadable, lambda: None)
        self.client = library.Client(ears)
        self.client.decoder = Exact(ears)
        # The gate paces; a message that waits in the library would have left nowhere.
        self.client.MaxRequests = 0
        self.client.conn.disconnected += self._gone

    async def run(self, host: str, port: int, client_id: int, name: str) -> BrokerError | None:
        """None once the Gateway has said which accounts there are; else why it did not."""
        shaking = asyncio.ensure_future(self.client.connectAsync(host, port, client_id, _HANDSHAKE))
        closing = asyncio.ensure_future(self.closed.wait())
        try:
            await asyncio.wait({shaking, closing}, return_when=asyncio.FIRST_COMPLETED)
            hung_up = self.closed.is_set() and not shaking.done()
        finally:
            for task in (shaking, closing):
                task.cancel()
        error = (await asyncio.gather(shaking, closing, return_exceptions=True))[0]
        if error is None:
            self._up = True
            return None
        if self._in_use:
            return codes.client_id_in_use(client_id)
        if hung_up:
            return codes.hung_up(name)
        return codes.speechless(name) if isinstance(error, TimeoutError) else codes.refused(name)

    def abandon(self) -> None:
        """Let go of it, however far it came: a caller who gives up leaves no socket behind."""
        if self.client.conn.transport is not None:
            self.client.conn.transport.abort()

    def _hear(self, key: Key | None, word: said.Said) -> None:
        if self._up:
            self._later(key, word)
            return
        self.early.append((key, word))
        if isinstance(word, said.Complaint) and word.code == codes.CLIENT_ID_IN_USE:
            self._in_use = True

    def _gone(self, _: str) -> None:
        self.closed.set()
        if self._up:
            self._lost(self.client)


def _address(opening: Opening) -> tuple[str, str, int]:
    """Name, host and port of the Gateway that was asked for; only settings say where one is."""
    known = {
        name.removeprefix(_GATEWAY).removeprefix("_"): url
        for name, url in opening.endpoints.items()
        if name == _GATEWAY or name.startswith(f"{_GATEWAY}_")
    }
    asked = opening.credentials.get(_GATEWAY, "").lower()
    name = asked.removeprefix(_GATEWAY).removeprefix("_")
    if name not in known:
        choices = ", ".join(sorted(each or "the unnamed one" for each in known))
        raise CredentialsRejected(f"there is no such Gateway here; there are: {choices}")
    parts = urlsplit(known[name])
    return f"Gateway {name}".strip(), parts.hostname or "127.0.0.1", parts.port or 0


def _client_ids(opening: Opening) -> list[int]:
    """The one that was asked for, or one of this connection's own, and some to fall back on.

    What was asked for is not given up, but for a trial, beside which our line may hold it. 0 is
    never ours: it would take over the orders that people place by hand.
    """
    own = zlib.crc32(opening.gate.connection.encode()) % _IDS
    found = [1 + (own + step) % _IDS for step in range(1 + _MORE_IDS)]
    text = opening.credentials.get("client_id", "")
    if not text:
        return found
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LARGEST):
        raise CredentialsRejected("a client id is a whole number from 1 on")
    return [int(text), *(found if opening.trial else ())]
