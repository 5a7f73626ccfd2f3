"""An account's orders with the executions that explain them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from brokers.coinbase.client import Client
from brokers.coinbase.fills import Fill, Fills, fills
from brokers.coinbase.orders import Heard, report
from brokers.coinbase.pages import every, pages
from brokers.wire import Row
from domain.clock import Clock, utc
from domain.errors import Unintelligible
from domain.facts import OrderReport, Source
from domain.order import Terms

# How far back orders are looked at that are over; older ones are asked for one by one, by their id.
RECENT = timedelta(days=1)
_PATH = "/orders/historical/batch"
_PAGE = ("limit", "250")
_MOST = 10_000
# By creation, newest first, an order that we placed is on the first pages.
_MOST_SOUGHT = 2_000
# OPEN leaves out what is still on its way, and cannot be asked for with anything else (docs, 2026).
_WORKING = (("OPEN",), ("PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"))
# Order ids in one query.
_BATCH = 50


class Listing:
    """Reads lists of orders and of their fills, and single orders."""

    def __init__(self, client: Client, known: Fills, clock: Clock) -> None:
        self._client, self._fills, self._clock = client, known, clock
        self._later: list[OrderReport] = []
        self._terms: dict[str, Terms] = {}

    def terms(self, broker_order_id: str) -> Terms | None:
        """What an order was last read to ask for, None if it was not read."""
        return self._terms.get(broker_order_id)

    async def orders(self, account: str) -> tuple[OrderReport, ...]:
        """Working orders and those of the last day, each once, and again for each new execution."""
        heard = self._heard(account)
        rows: dict[str, Row] = {}
        for query in (*map(_statuses, _WORKING), _since(heard.at - RECENT)):
            for row in await self._pages(query):
                rows[row.need_text("order_id")] = row
        found = tuple(self._read(row, heard) for row in rows.values())
        later, self._later = self._later, []
        return (*found, *later, *await self.executions(found))

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order; executions that turn up with it go with the next list."""
        heard = self._heard(account)
        body = await self._client.read(
            "order", "/orders/historical/{order_id}", order_id=broker_order_id
        )
        found = self._read(body.need_row("order"), heard)
        self._later += await self.executions((found,))
        return found

    async def described(self, account: str, ids: Sequence[str]) -> tuple[OrderReport, ...]:
        """The orders of these ids, as many of them as there are."""
        heard, found = self._heard(account), []
        for query in _batches(ids):
            found += [self._read(row, heard) for row in await self._pages(query)]
        return tuple(found)

    async def find(self, account: str, client_order_id: str, since: datetime) -> OrderReport | None:
        """The order that has our id, among those created since: no query has it as a filter."""
        heard = self._heard(account)
        seen = 0
        async for page in pages(self._client, "find", _PATH, "orders", (_PAGE, *_since(since))):
            for row in page:
                if row.text("client_order_id") == client_order_id:
                    return self._read(row, heard)
            seen += len(page)
            if seen >= _MOST_SOUGHT:
                raise Unintelligible(f"it is not among the last {seen} orders")
        return None

    async def executions(self, listed: Sequence[OrderReport]) -> tuple[OrderReport, ...]:
        """What is new in the fills of orders that filled more than we know executions for."""
        wanted = {one.broker_order_id: one for one in listed if self._fills.wants(one)}
        found: list[Fill] = []
        for query in _batches(sorted(wanted)):
            path = "/orders/historical/fills"
            found += fills(await every(self._client, "fills", path, "fills", (_PAGE, *query)))
        return self._fills.executed(found, wanted)

    async def _pages(self, query: tuple[tuple[str, str], ...]) -> list[Row]:
        """All pages; more than can be true of a person fail, as those cut off would look gone."""
        found: list[Row] = []
        async for page in pages(self._client, "orders", _PATH, "orders", (_PAGE, *query)):
            found += page
            if len(found) > _MOST:
                raise Unintelligible(f"there are more than {_MOST} orders")
        return found

    def _read(self, row: Row, heard: Heard) -> OrderReport:
        """The report of a row, whose terms are remembered: the stream does not tell them."""
        found = report(row, heard)
        if len(self._terms) > _MOST:
            self._terms.clear()
        self._terms[found.broker_order_id] = found.terms
        return found

    def _heard(self, account: str) -> Heard:
        return Heard(account=account, source=Source.POLL, at=self._clock.now())


def _statuses(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(("order_status", name) for name in names)


def _batches(ids: Sequence[str]) -> Iterator[tuple[tuple[str, str], ...]]:
    for start in range(0, len(ids), _BATCH):
        yield tuple(("order_ids", one) for one in ids[start : start + _BATCH])


def _since(at: datetime) -> tuple[tuple[str, str], ...]:
    return (("start_date", f"{utc(at):%Y-%m-%dT%H:%M:%S}Z"),)
