"""What one broker says, brought to the ledger, and what that calls for."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from brokers.contract import Broker
from domain.account import AccountReport
from domain.changes import AccountFigures, Change
from domain.connection import Connection, Resource
from domain.errors import BrokerError, CredentialsRejected, OrderNotFound
from domain.events import Snapshot
from domain.facts import OrderReport
from domain.holding import Mark
from domain.ids import OrderId
from domain.instrument import Instrument
from domain.order import ExecType, OrderEvent
from store.leases import Fenced
from store.ledger import Recorded
from streaming.bookkeeping import Bookkeeping
from streaming.chronicle import Chronicle
from streaming.drift import Vigil
from streaming.looked import OBSERVED, Looked, together
from streaming.ports import Ports
from streaming.settled import Settled

_TRADES = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL})

# What is not listed by then is left to the syncs.
_MOST_TRIES = 5

logger = logging.getLogger(__name__)


class Intake:
    """Reads accounts by snapshots, hears orders and prices by streams."""

    def __init__(
        self, connection: Connection, line: Callable[[], Awaitable[Broker]], ports: Ports
    ) -> None:
        self._user, self._connection = connection.user_id, connection.id
        self._line, self._ports = line, ports
        self._numbers: tuple[str, ...] = ()
        self._held: dict[str, frozenset[Instrument]] = {}
        self._watched = True
        self._not_found: set[str] = set()
        self.vigil, self._attended = Vigil(), False
        self._settled: dict[str, Settled] = {}
        self._incomplete: dict[str, dict[OrderId, int]] = {}
        self._books = Bookkeeping(connection, ports.ledger, ports.clock.now)
        self._chronicle = Chronicle(connection, ports.ledger, ports.clock.now)

    async def look(self, *, sync: bool, attended: bool = False) -> Looked:
        """A snapshot of each account; a sync asks first which accounts there are.

        `attended`: a stream has been up since before the last look, so it should know all this.
        """
        self._attended = attended
        sync = sync or not self._numbers
        attempted = tuple(Resource) if sync else OBSERVED
        try:
            broker = await self._line()
            if sync:
                self._numbers = self._ours(await broker.accounts())
                self._not_found.clear()
                for number in self._numbers:
                    self._books.call_for(number)
        except Fenced:
            raise
        except Exception as error:  # noqa: BLE001 (told by what is returned)
            return self._failed(attempted, error)
        looked = together([await self._look_at(broker, n, sync=sync) for n in self._numbers])
        looked = replace(looked, expires_at=broker.expires_at)
        if not sync:
            return looked
        return replace(
            looked,
            attempted=(Resource.ACCOUNTS, *looked.attempted),
            counts={Resource.ACCOUNTS: len(self._numbers), **looked.counts},
        )

    def _ours(self, told: Sequence[AccountReport]) -> tuple[str, ...]:
        """The accounts to look at; where all are others than before, somebody else signed in."""
        numbers = tuple(report.number for report in told)
        if self._numbers and numbers and not set(numbers) & set(self._numbers):
            raise CredentialsRejected("the sign-in is of other accounts now")
        return numbers

    async def hear(self, report: OrderReport) -> bool:
        """Take in an order as the stream tells it; whether holdings and cash are to be read anew.

        What the ledger cannot take is left out and logged: the next snapshot makes up for it.
        """
        self.vigil.heard(report)
        try:
            recorded = await self._ports.ledger.record(self._user, self._connection, report)
        except Fenced:
            raise
        except Exception:
            logger.exception("An order event was left out", extra={"connection": self._connection})
            return True
        if any(map(_trades, recorded.changes)):
            self._books.call_for(report.account)
        return any(map(_moves, recorded.changes))

    async def tell_drift(self) -> None:
        """Journal what the stream should have told by now, and log it."""
        if found := self.vigil.over(self._ports.clock.now()):
            extra = {"connection": self._connection, "orders": len(found)}
            logger.warning("The stream kept silent of what a poll found", extra=extra)
            await self._ports.ledger.drifted(self._user, self._connection, found)

    def price(self, mark: Mark) -> None:
        """Take in a price and show it, if it tells anything new."""
        if merged := self._ports.marks.set(self._connection, mark):
            self._ports.hub.publish(self._user, merged, self._connection)

    async def _look_at(self, broker: Broker, number: str, *, sync: bool) -> Looked:
        try:
            looked = await self._observe(broker, number, sync=sync)
            return await self._keep_books(broker, number, looked)
        except Fenced:
            raise
        except Exception as error:  # noqa: BLE001 (told by what is returned)
            return self._failed(OBSERVED, error)

    def _failed(self, attempted: Sequence[Resource], error: Exception) -> Looked:
        """A broker's error is the broker's; any other is a fault of ours, and logged as one."""
        if not isinstance(error, BrokerError):
            logger.error("A look failed", exc_info=error, extra={"connection": self._connection})
        return Looked(attempted=attempted, error=error)

    async def _keep_books(self, broker: Broker, number: str, looked: Looked) -> Looked:
        """Read what was booked, if that is due; what keeps it from being read is no other's fault.

        Half a history is not dated as fresh: that waits for the last page.
        """
        if not self._books.is_due(number):
            return looked
        try:
            count = await self._books.read(broker, number)
        except (CredentialsRejected, Fenced):
            raise
        except Exception as error:  # noqa: BLE001 (told by what is returned)
            failed = self._failed((Resource.TRANSACTIONS,), error)
            return replace(looked, unbooked=failed.error)
        looked = replace(looked, counts={**looked.counts, Resource.TRANSACTIONS: count})
        if self._books.is_due(number):
            return replace(looked, again=True)
        return replace(looked, attempted=(*looked.attempted, Resource.TRANSACTIONS))

    async def _observe(self, broker: Broker, number: str, *, sync: bool) -> Looked:
        snapshot = await broker.snapshot(number)
        recorded = await self._record(number, snapshot)
        self._suspect(recorded, snapshot.orders)
        self._show(recorded)
        self._follow(broker, snapshot, owned=recorded.account_id is not None)
        await self._ask_after(broker, number, recorded.missing)
        if recorded.account_id is not None:
            await self._chronicle.keep(broker, snapshot, sync=sync)
        if recorded.incomplete or any(map(_trades, recorded.changes)):
            self._books.call_for(number)
        still_open = [order for order in snapshot.orders if not order.status.terminal]
        return Looked(
            attempted=OBSERVED,
            counts={
                Resource.BALANCES: len(snapshot.balances),
                Resource.POSITIONS: len(snapshot.holdings),
                Resource.ORDERS: len(snapshot.orders),
            },
            open_orders=bool(still_open or recorded.missing),
            again=recorded.again or self._awaits_executions(number, recorded.incomplete),
        )

    async def _record(self, number: str, snapshot: Snapshot) -> Recorded:
        """Take in a snapshot without what is settled, and remember what is from now on."""
        settled = self._settled.setdefault(number, Settled())
        snapshot = settled.set_aside(snapshot)
        recorded = await self._ports.ledger.record(self._user, self._connection, snapshot)
        if recorded.account_id is not None and not recorded.incomplete:
            settled.keep(snapshot)
        return recorded

    def _suspect(self, recorded: Recorded, reports: Sequence[OrderReport]) -> None:
        if self._attended:
            dates = {report.broker_order_id: report.stamp.time for report in reports}
            self.vigil.found(recorded.moved, dates, self._ports.clock.now())

    def _awaits_executions(self, number: str, incomplete: Sequence[OrderId]) -> bool:
        """Whether to look again for executions: brokers list them a while after the fill."""
        before = self._incomplete.get(number, {})
        tries = {order: before.get(order, 0) + 1 for order in incomplete}
        self._incomplete[number] = tries
        return any(count <= _MOST_TRIES for count in tries.values())

    def _show(self, recorded: Recorded) -> None:
        for mark in recorded.marks:
            self.price(mark)
        if recorded.account_id and recorded.valuation:
            figures = AccountFigures(account_id=recorded.account_id, valuation=recorded.valuation)
            self._ports.hub.publish(self._user, figures, self._connection)

    def _follow(self, broker: Broker, snapshot: Snapshot, *, owned: bool) -> None:
        """Have what is held priced, but not by a connection whose accounts another one owns."""
        held = frozenset(holding.instrument for holding in snapshot.holdings)
        self._held[snapshot.account.number] = held if owned else frozenset()
        broker.follow(self._priced())

    async def watch(self, *, watched: bool) -> None:
        """Have prices asked for, or no longer."""
        if watched != self._watched:
            self._watched = watched
            (await self._line()).follow(self._priced())

    def _priced(self) -> frozenset[Instrument]:
        return frozenset().union(*self._held.values()) if self._watched else frozenset()

    async def _ask_after(self, broker: Broker, number: str, missing: Sequence[str]) -> None:
        """Orders that a snapshot should have listed, one by one; absence itself proves nothing.

        What the broker does not find stays as it is and is asked for again at the next sync.
        """
        for broker_order_id in missing:
            if broker_order_id in self._not_found:
                continue
            try:
                report = await broker.order(number, broker_order_id)
            except OrderNotFound:
                self._not_found.add(broker_order_id)
                extra = {"connection": self._connection, "broker_order_id": broker_order_id}
                logger.warning("The broker does not find an order that is open here", extra=extra)
            else:
                found = await self._ports.ledger.record(self._user, self._connection, report)
                self._suspect(found, [report])


def _moves(change: Change) -> bool:
    """Whether it is an order event that leaves other holdings or other cash."""
    event = change.value
    return _trades(change) or (isinstance(event, OrderEvent) and event.order.status.terminal)


def _trades(change: Change) -> bool:
    """Whether it brought an execution, corrected or undid one."""
    return isinstance(change.value, OrderEvent) and change.value.exec_type in _TRADES
