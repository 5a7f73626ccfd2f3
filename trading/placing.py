"""The only way to an order: written down, allowed, sent once, concluded."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from domain.books import Books, Market, verdict
from domain.connection import Connection
from domain.errors import BrokerError, ErrorCode, Problem
from domain.ids import AccountId, InstrumentId, UserId
from domain.intent import Boundary, Intent, IntentState
from domain.risk import Denied
from domain.ticket_options import Increments
from store.intents import Committed, reused, same_body
from trading.freshness import FreshLook
from trading.ports import Ports
from trading.prices import Prices
from trading.sending import Sending
from trading.steps import Steps
from trading.wanted import Wanted, check_steps, check_supported, check_tradable, intent_of

Resolve = Callable[[Intent], Awaitable[Intent]]


class Placing:
    """For people and machines alike; `resolve` is tried once where an answer was lost."""

    def __init__(
        self, ports: Ports, look: FreshLook, prices: Prices, steps: Steps, resolve: Resolve
    ) -> None:
        self._intents, self._reads, self._lines = ports.intents, ports.reads, ports.lines
        self._plugins, self._trace = ports.plugins, ports.trace
        self._prices, self._steps, self._look, self._resolve = prices, steps, look, resolve
        self._sending = Sending(ports, look)
        self._running: dict[tuple[UserId, str], tuple[str, asyncio.Task[Intent]]] = {}

    async def submit(self, wanted: Wanted) -> Intent:
        """What became of it. The same key gives the same order, also while it is on its way.

        Goes on to its end if the caller gives up. Raises Problem or BrokerError if it was not even
        written down.
        """
        name = (wanted.user, wanted.key)
        if name not in self._running:
            task = asyncio.create_task(self._carry_out(wanted))
            self._running[name] = (wanted.body, task)
            task.add_done_callback(lambda done: self._ended(name, done))
        body, task = self._running[name]
        if body != wanted.body:
            raise reused()
        return await asyncio.shield(task)

    def _ended(self, name: tuple[UserId, str], task: asyncio.Task[Intent]) -> None:
        """Read what it raised even if its caller is gone, or asyncio would complain of it."""
        self._running.pop(name, None)
        if not task.cancelled():
            task.exception()

    async def aclose(self) -> None:
        """Wait for what is under way; all of it ends by its own deadline."""
        tasks = [task for _, task in self._running.values()]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def connection_of(self, user: UserId, account: AccountId) -> Connection:
        """The connection that owns the account; NOT_FOUND if it is not the user's."""
        found = await self._reads.account(user, account)
        if found is not None:
            connection = await self._reads.connection(user, found.connection_id)
            if connection is not None:
                return connection
        raise Problem(ErrorCode.NOT_FOUND, "no such account", field="accountId")

    async def _carry_out(self, wanted: Wanted) -> Intent:
        known = await self._intents.of_key(wanted.user, wanted.key)
        if known is not None:
            return same_body(known, wanted.body)
        connection = await self.connection_of(wanted.user, wanted.account)
        check_tradable(connection)
        broker = await self._lines.open(connection)
        market, steps = await asyncio.gather(
            self._prices.market(connection, broker, wanted.instruments),
            self._steps.of(connection, broker, wanted.instruments),
        )

        def decide(books: Books) -> Intent:
            return self._decide(wanted, books, market, steps)

        committed = await self._look.until(
            connection, wanted.account, lambda begun: self._commit(wanted, begun, decide)
        )
        if not committed.fresh:
            return committed.intent
        self._trace(Boundary.INTENT_COMMITTED)
        intent = await self._sending.send(committed.intent, connection)
        return await self._looked(intent) if intent.state is IntentState.UNKNOWN else intent

    async def _looked(self, intent: Intent) -> Intent:
        """After one look for it; a broker that cannot be asked now leaves it as it is."""
        try:
            return await self._resolve(intent)
        except (Problem, BrokerError):
            return intent

    async def _commit(
        self, wanted: Wanted, begun: datetime, decide: Callable[[Books], Intent]
    ) -> Committed:
        return await self._intents.commit(
            wanted.user,
            key=wanted.key,
            body=wanted.body,
            account=wanted.account,
            begun=begun,
            decide=decide,
        )

    def _decide(
        self,
        wanted: Wanted,
        books: Books,
        market: Market,
        steps: Mapping[InstrumentId, Increments],
    ) -> Intent:
        """The intent, if everything allows it: capabilities, steps, trading states, limits."""
        check_tradable(books.connection)
        draft = wanted.draft(books)
        check_supported(draft, self._plugins[books.connection.broker].capabilities)
        check_steps(draft, steps)
        intent = intent_of(wanted, draft, books, market)
        found = verdict(books, intent, market)
        if found:
            raise Denied(found)
        return intent
