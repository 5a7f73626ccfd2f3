"""One IB Gateway: a TCP address, the accounts of one login, its order desk and its clients.

box.ibkr.paper.port              # 127.0.0.1:port, for ib_async's connectAsync
box.ibkr.paper.accounts          # {"DU1000001": Account, "DU1000002": Account}
box.ibkr.paper.habits.read_only = True      # every quirk: sandbox/ibkr/habits.py
box.ibkr.paper.lose_servers(); .find_servers(data_lost=True)    # 1100, then 1101 or 1102
box.ibkr.paper.announce(Notice(2103, "..."))     # any notice, about no order or about one
box.ibkr.paper.sessions          # each client's connection: .cut(), .mute(), .client_id
box.ibkr.paper.release_executions()         # after habits.hold_executions
await box.ibkr.paper.down(); await box.ibkr.paper.up()     # the nightly restart
box.faults.add("drop_frame", path="/tws/execDetails")      # or duplicate_frame, ...
box.faults.add("reset_after", method="TWS", path="/placeOrder")   # done, then cut off
box.exchange.submit(account, Ticket(...))   # placed by hand: clientId 0, orderId 0
"""

import asyncio
from decimal import Decimal

from sandbox.account import Account
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.ibkr import notices
from sandbox.ibkr.contracts import Catalog
from sandbox.ibkr.desk import Desk
from sandbox.ibkr.fills import Fills
from sandbox.ibkr.habits import Habits
from sandbox.ibkr.news import News
from sandbox.ibkr.notices import Notice
from sandbox.ibkr.placed import Placed
from sandbox.ibkr.positions import Positions
from sandbox.ibkr.requests import HANDLERS
from sandbox.ibkr.session import Session
from sandbox.request_log import RequestLog

_FIRST_PERM_ID = 1376327563
_PERM_IDS = 10_000_000
"""How many of them each Gateway has."""


class Gateway:
    """It can go down, come back on the same port, and restart, orders and all."""

    handlers = HANDLERS

    def __init__(
        self,
        name: str,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        *,
        number: int = 0,
        port: int = 0,
    ) -> None:
        self.name = name
        self.port = port
        self.exchange = exchange
        self.faults = faults
        self.log = log
        self.habits = Habits()
        self.accounts: dict[str, Account] = {}
        self.bases: dict[str, str] = {}
        """The base currency of each account that is not kept in USD."""
        self.sessions: set[Session] = set()
        self.pacing_violations = 0
        self.catalog = Catalog(exchange.market.instruments)
        self.positions = Positions(exchange, self.catalog)
        first = _FIRST_PERM_ID + number * _PERM_IDS
        self.desk = Desk(exchange, self.catalog, self.accounts, first)
        self.fills = Fills(self.desk, self.positions, self.catalog)
        self._news = News(self)
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()
        exchange.listeners.append(self._news.happened)
        exchange.price_listeners.append(self._news.prices_moved)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"tcp://127.0.0.1:{self.port}"

    def admit(self, number: str, account: Account, *, base: str = "USD") -> Account:
        """Let the login have an account, from now on called `number`."""
        account.number = number
        account.crosses_zero = True
        account.flat_commission = account.flat_commission or Decimal(1)
        self.accounts[number] = account
        self.bases[number] = base
        return account

    # The address

    async def up(self) -> None:
        """Accept connections; the first time on any free port, unless one was given."""
        if self._server is None:
            self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Refuse connections and reset those there are."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for session in list(self.sessions):
            session.cut()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await server.wait_closed()

    async def close(self) -> None:
        """Go down for good."""
        await self.down()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if len(self.sessions) >= self.habits.most_clients or task is None:
            writer.close()
            return
        session = Session(self, reader, writer)
        self.sessions.add(session)
        self._conversations.add(task)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)
            self._conversations.discard(task)

    # What a test does to it

    def announce(self, notice: Notice, about: int = -1) -> None:
        """Tell every client something."""
        for session in self.started():
            session.notify(notice, about)

    def lose_servers(self) -> None:
        """Lose IB's servers, and say so (1100)."""
        self.habits.servers_up = False
        self.announce(notices.LOST)

    def find_servers(self, *, data_lost: bool = False) -> None:
        """Have them again: 1102, or 1101 if what was subscribed to is lost."""
        self.habits.servers_up = True
        if data_lost:
            for session in self.sessions:
                session.prices.clear()
                session.pnl.clear()
                session.pnl_single.clear()
        self.announce(notices.RESTORED_LOST if data_lost else notices.RESTORED)

    def doubt_orders(self) -> None:
        """Tell each open order's client 10349, which cancels nothing though clients think so."""
        for placed in self.desk.open_orders():
            for session in self.hearing(placed):
                session.notify(notices.TIF_PRESET, placed.order_id)

    def release_executions(self) -> None:
        """Tell what was held back."""
        self._news.release()

    def started(self) -> list[Session]:
        """The clients that have said who they are."""
        return [one for one in self.sessions if one.started]

    def hearing(self, placed: Placed) -> list[Session]:
        """The clients that hear of an order: the one that placed it, and the master."""
        ids = {placed.client_id, self.habits.master_client_id}
        return [one for one in self.started() if one.client_id in ids]
