"""The user channel heard out: its cumulative updates with the terms and executions they lack."""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime

from brokers.coinbase.client import Client
from brokers.coinbase.listing import Listing
from brokers.coinbase.orders import Heard, differs, update
from brokers.coinbase.stream import connected, orders_in, subscribed
from brokers.wire import Row
from domain.clock import Clock
from domain.errors import BrokerError, CredentialsRejected, OrderNotFound, Unreachable
from domain.events import Alive, StreamEvent
from domain.facts import OrderReport, Source

_CHANNEL = "user"


class Hearing:
    """Hears one account's orders over one socket at a time."""

    def __init__(self, client: Client, listing: Listing, clock: Clock) -> None:
        self._client, self._listing, self._clock = client, listing, clock
        self._unlisted: set[str] = set()

    async def events(self, account: str) -> AsyncIterator[StreamEvent]:
        """Alive once subscribed and for every message; an order's update, then its executions."""
        async with connected(self._client, "user", "user") as socket:
            await socket.ask(_CHANNEL)
            try:
                early = await subscribed(socket, _CHANNEL)
            except CredentialsRejected:
                await self._confirm()
                raise Unreachable("Coinbase's stream does not accept the key now") from None
            frames = iter(early)
            while True:
                yield Alive(at=self._clock.now())
                frame = next(frames, None) or await socket.hear()
                async for report in self._reports(account, frame):
                    yield report

    async def _confirm(self) -> None:
        """A private read tells dead keys, which it raises, from a stream that is out of order."""
        await self._client.read("confirm", "/key_permissions")

    async def _reports(self, account: str, frame: Row) -> AsyncIterator[OrderReport]:
        """What a message means; BrokerError, which loses the stream, if that cannot be told."""
        rows = {row.need_text("order_id"): row for row in orders_in(frame)}
        if not rows:
            return
        for report in await self._read(account, list(self._unread(rows.items()))):
            yield report
        at = frame.moment("timestamp") or self._clock.now()
        updates = (self._update(account, row, at) for row in rows.values())
        updated = [update for update in updates if update is not None]
        for report in updated:
            yield report
        for report in await self._executions(updated):
            yield report

    def _unread(self, rows: Iterable[tuple[str, Row]]) -> Iterator[str]:
        """Orders whose terms are not known, or are seen to be others."""
        for order_id, row in rows:
            terms = self._listing.terms(order_id)
            if terms is None or differs(row, terms):
                yield order_id

    async def _read(self, account: str, ids: list[str]) -> list[OrderReport]:
        """The orders of these ids, in one go and those that no list has one by one.

        One that Coinbase does not find is a loss the first time, as it may be too new, and from
        then on nothing that we could show.
        """
        found = list(await self._listing.described(account, ids))
        listed = {report.broker_order_id for report in found}
        for order_id in sorted(set(ids) - listed - self._unlisted):
            try:
                found.append(await self._listing.order(account, order_id))
            except OrderNotFound:
                self._unlisted.add(order_id)
                raise Unreachable("Coinbase tells of an order that it does not find") from None
        return found

    def _update(self, account: str, row: Row, at: datetime) -> OrderReport | None:
        """None of an order that is not to be found."""
        terms = self._listing.terms(row.need_text("order_id"))
        if terms is None:
            return None
        heard = Heard(account=account, source=Source.STREAM, at=self._clock.now())
        return update(row, heard, at, terms)

    async def _executions(self, updated: list[OrderReport]) -> tuple[OrderReport, ...]:
        """Those that can be had now: what is missing shows as unattributed and is looked for."""
        try:
            return await self._listing.executions(updated)
        except CredentialsRejected:
            raise
        except BrokerError:
            return ()
