"""One connection to a Gateway: made when it is needed, by one caller for all, and watched."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from brokers.contract import Opening
from brokers.gate import Call, Purpose
from brokers.http import unanswered
from brokers.ibkr import codes, said
from brokers.ibkr.door import Door
from brokers.ibkr.ears import COMPLETED, OPEN_ORDERS, TIME, Key
from brokers.ibkr.talk import Lost, Talk, still_there
from domain.errors import (
    BrokerError,
    NotPermitted,
    OutcomeUnknown,
    Unintelligible,
    Unreachable,
)

# In seconds, for an answer.
ANSWER, BEAT_ANSWER = 10.0, 5.0
# Before a read is asked again whose connection was lost.
_READ_AGAIN = (0.2, 0.8)


class Link:
    """Asks the Gateway; `listen` is told all that is said, `fell` that the connection is over."""

    def __init__(
        self,
        opening: Opening,
        listen: Callable[[said.Said], None],
        fell: Callable[[BrokerError], None],
    ) -> None:
        self._gate, self._clock = opening.gate, opening.clock
        self._listen, self._fell = listen, fell
        self._door = Door(opening)
        self._client: Any = None
        self._closed: asyncio.Event = asyncio.Event()
        self._talks: dict[Key, Talk] = {}
        self._takers: dict[int, Callable[[said.Said], None]] = {}
        self._turns: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._connecting = asyncio.Lock()
        self._severed = self._farm_broken = self.read_only = self._over = False
        self.accounts: tuple[str, ...] = ()

    @property
    def client_id(self) -> int:
        """Ours at this Gateway; orders of other ids cannot be changed by us."""
        return -1 if self._client is None else int(self._client.clientId)

    @property
    def up(self) -> bool:
        """Whether there is a connection to a Gateway that has its servers."""
        return self._client is not None and not self._severed

    async def connected(self) -> None:
        """Be connected; Unreachable or NotPermitted says what is in the way."""
        async with self._connecting:
            if self._client is None and not self._over:
                await self._connect()
            if self._over:
                self.drop(failure := Unreachable("this line to the Gateway was closed"))
                raise failure
        if self._severed:
            raise codes.severed()

    async def ask(
        self,
        operation: str,
        message: str,
        send: Callable[[Any, int], object],
        *,
        key: Key | None = None,
        patience: float = ANSWER,
        endless: bool = False,
    ) -> list[said.Said]:
        """All that is answered until its end; silence is an error, and drops the connection.

        Of what is `endless` the end may be missing, and what came by then is all.
        """
        call = Call(operation=operation, purpose=Purpose.READ, method="TWS", path=message)
        for pause in _READ_AGAIN:
            try:
                return await self._asked(call, send, key, patience, endless=endless)
            except Lost:
                await self._clock.sleep(pause)
        return await self._asked(call, send, key, patience, endless=endless)

    async def _asked(
        self,
        call: Call,
        send: Callable[[Any, int], object],
        key: Key | None,
        patience: float,
        *,
        endless: bool,
    ) -> list[said.Said]:
        async with self.talk(call, send, key=key) as talk:
            words: list[said.Said] = []
            try:
                async with asyncio.timeout(patience):
                    while not isinstance(word := await talk.next(), said.Done):
                        words.append(word)
            except TimeoutError:
                if not endless:
                    self.drop(Unreachable("the Gateway fell silent"))
                    raise unanswered(call, "the Gateway was asked and does not answer") from None
            return words

    @asynccontextmanager
    async def talk(
        self, call: Call, send: Callable[[Any, int], object], *, key: Key | None = None
    ) -> AsyncIterator[Talk]:
        """Pass the gate, send, and hear what is said about it for the length of the block.

        Without a `key` it gets a number of its own; what concerns the same order, or is of a kind
        that has only one answer at a time, waits for each other.
        """
        await self.connected()
        async with self._turn(key), self._gate.passing(call):
            client = self._client
            if client is None or self._severed:
                # While it waited for its turn.
                raise Unreachable("the Gateway's connection broke")
            number = client.getReqId() if key is None or isinstance(key, str) else key
            name = number if key is None else key
            talk = self._talks[name] = Talk(call, client, number)
            try:
                with still_there():
                    send(client, number)
                self._gate.written(call)
                yield talk
            finally:
                if self._talks.get(name) is talk:
                    del self._talks[name]

    async def tell(self, operation: str, message: str, send: Callable[[Any], object]) -> None:
        """Something that has no answer."""
        call = Call(operation=operation, purpose=Purpose.READ, method="TWS", path=message)
        await self.connected()
        async with self._gate.passing(call):
            if self._client is not None:
                with still_there():
                    send(self._client)

    async def subscribe(
        self,
        operation: str,
        message: str,
        send: Callable[[Any, int], object],
        take: Callable[[said.Said], None],
    ) -> int:
        """Have all that is said to a request from now on, until the connection ends; its number."""
        number = -1

        def subscribing(client: Any) -> None:
            nonlocal number
            number = client.getReqId()
            self._takers[number] = take
            send(client, number)

        await self.tell(operation, message, subscribing)
        return number

    def follow(self, number: int, take: Callable[[said.Said], None]) -> None:
        """Have what is still said to a request that was answered."""
        self._takers[number] = take

    async def unsubscribe(
        self, operation: str, message: str, number: int, send: Callable[[Any, int], object]
    ) -> None:
        """Have no more of it."""
        if self._takers.pop(number, None) is not None and self.up:
            await self.tell(operation, message, lambda client: send(client, number))

    async def is_there(self) -> None:
        """Ask for the time: a Gateway that does not tell it is gone, though its socket is open."""
        send: Callable[[Any, int], object] = lambda client, _: client.reqCurrentTime()  # noqa: E731
        await self.ask("time", "REQ_CURRENT_TIME", send, key=TIME, patience=BEAT_ANSWER)

    def drop(self, error: BrokerError) -> None:
        """Let go of the connection at once; whoever waits is told why."""
        client, self._client = self._client, None
        if client is None:
            return
        if client.conn.transport is not None:
            client.conn.transport.abort()
        self._severed = self._farm_broken = self.read_only = False
        self._takers.clear()
        for talk in self._talks.values():
            talk.heard.put_nowait(Lost(talk.call, error))
        self._fell(error)

    async def aclose(self) -> None:
        """Let go for good, and wait until the socket is closed."""
        self._over = True
        was_open = self._client is not None
        self.drop(Unreachable("this line to the Gateway was closed"))
        if was_open:
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._closed.wait()

    @asynccontextmanager
    async def _turn(self, key: Key | None) -> AsyncIterator[None]:
        if key is None:
            yield
            return
        async with self._turns[key]:
            yield

    async def _connect(self) -> None:
        attempt = await self._door.open(self._hear, self._unreadable, self._lost)
        self._client, self._closed = attempt.client, attempt.closed
        self.accounts = tuple(attempt.client.getAccounts())
        for key, word in attempt.early:
            self._hear(key, word)

    # Hearing

    def _hear(self, key: Key | None, word: said.Said) -> None:
        if isinstance(word, said.Complaint):
            self._heed(word)
        talk = self._talks.get(self._about(word, key))
        if talk is not None:
            talk.heard.put_nowait(word)
        elif isinstance(key, int) and key in self._takers:
            self._takers[key](word)
        # What is said of an order belongs to the list of all and to whoever placed it.
        if isinstance(word, said.OpenOrder) and key in self._talks:
            self._talks[key].heard.put_nowait(word)
        if not isinstance(word, said.Done):
            self._listen(word)

    def _about(self, word: said.Said, key: Key | None) -> Key:
        """The order that a word is about, if it is one of ours; else the request."""
        match word:
            case said.OpenOrder(order=order) if order.client_id == self.client_id:
                return order.order_id
            case said.Status() if word.client_id == self.client_id:
                return word.order_id
            case said.OpenOrder() | said.Status():
                return ""
        return "" if key is None else key

    def _heed(self, complaint: said.Complaint) -> None:
        """What is said of the connection as a whole."""
        code = complaint.code
        if code in codes.LOST:
            self._severed = True
            self._fell(codes.severed())
        elif code in {codes.RESTORED, codes.RESTORED_EMPTY}:
            self._severed = False
            self._fell(codes.severed())
        elif code in codes.FARM_BROKEN | codes.FARM_FINE:
            self._farm_broken = code in codes.FARM_BROKEN
        elif code == codes.TOO_FAST:
            self._too_fast(complaint)
        if complaint.id == -1 and codes.is_read_only(complaint):
            self._only_reads()

    def _too_fast(self, complaint: said.Complaint) -> None:
        """It names no request: reads that are under way may have been passed over."""
        self._gate.limits.shut(self._gate.connection, 1.0)
        for talk in self._talks.values():
            if complaint.id == -1 and talk.call.purpose is Purpose.READ:
                talk.heard.put_nowait(codes.meaning(complaint))

    def _only_reads(self) -> None:
        """The API will not tell of orders: whoever asked for them is told so."""
        self.read_only = True
        for name in (OPEN_ORDERS, COMPLETED):
            if name in self._talks:
                self._talks[name].heard.put_nowait(NotPermitted(codes.READ_ONLY))

    @property
    def doubts_contracts(self) -> bool:
        """While a data farm is away, contracts that exist are said not to be.

        Source: osauer/ibkr, which lost held stocks by it (2026-07).
        """
        return self._farm_broken

    def _unreadable(self) -> None:
        """Nobody can say whose it was, so it was everybody's."""
        for talk in self._talks.values():
            reads = talk.call.purpose is Purpose.READ
            failure = Unintelligible if reads else OutcomeUnknown
            talk.heard.put_nowait(failure("the Gateway's answer cannot be read"))

    def _lost(self, client: Any) -> None:
        """A socket closed; it may be an earlier one."""
        if client is self._client:
            self.drop(Unreachable("the Gateway closed the connection"))
