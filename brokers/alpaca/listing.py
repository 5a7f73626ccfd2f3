"""Lists that come in pages: orders, open and recent, and the fills of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from brokers.alpaca import parse
from brokers.alpaca.client import Client
from brokers.alpaca.fills import Fills
from brokers.alpaca.orders import Heard, reports
from brokers.wire import Row, rows
from domain.clock import Clock
from domain.errors import Unintelligible
from domain.facts import OrderReport, Source

# How far back closed orders are looked at; older ones are asked for one by one, by their id.
_RECENT = timedelta(days=1)
_PAGE = 500
_MOST_OPEN = 20 * _PAGE
_MOST_CLOSED = 4 * _PAGE
_FILLS_PAGE = 100
_MOST_FILLS = 10 * _FILLS_PAGE


class Listing:
    """An account's orders with the executions that explain them."""

    def __init__(self, client: Client, fills: Fills, clock: Clock) -> None:
        self._client, self._fills, self._clock = client, fills, clock
        self._later: list[OrderReport] = []
        self._read: dict[str | None, tuple[Row, tuple[OrderReport, ...]]] = {}

    async def orders(self, account: str) -> tuple[OrderReport, ...]:
        """Open orders and those of the last day, each once, and again for each new execution."""
        since = self._clock.now() - _RECENT
        listed = await self._pages("open", None, _MOST_OPEN)
        listed += await self._pages("closed", since, _MOST_CLOSED)
        heard = Heard(account=account, source=Source.POLL, at=self._clock.now())
        found = tuple(self._reports(listed, heard))
        later, self._later = self._later, []
        return (*found, *later, *await self._executions(found))

    def _reports(self, listed: Sequence[Row], heard: Heard) -> Iterator[OrderReport]:
        """What the rows say; one that is as it was in the last list is not read again.

        That is most of them, and reading one takes 100 us.
        """
        before, self._read = self._read, {}
        for row in listed:
            name = row.text("id")
            known, told = before.get(name, (None, ()))
            if known != row:
                told = tuple(reports(row, heard))
            self._read[name] = (row, told)
            yield from told

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order; executions that turn up with it go with the next list."""
        body = await self._client.read(
            "order", "/v2/orders/{order_id}", {"nested": "true"}, order_id=broker_order_id
        )
        heard = Heard(account=account, source=Source.POLL, at=self._clock.now())
        first, *legs = reports(Row(body, "the order"), heard)
        self._later += [*legs, *await self._executions((first, *legs))]
        return first

    async def _pages(self, status: str, after: datetime | None, most: int) -> list[Row]:
        """All pages, newest first; too many open ones fail, as those cut off would look gone."""
        params = {"status": status, "limit": str(_PAGE), "nested": "true", "direction": "desc"}
        if after is not None:
            params["after"] = _rfc3339(after)
        found: list[Row] = []
        while True:
            page = rows(await self._client.read("orders", "/v2/orders", params), "the orders")
            found += page
            # Legs are counted too, as it is not said whether the limit is meant before nesting.
            if len(page) + sum(len(row.rows("legs")) for row in page) < _PAGE:
                return found
            if len(found) >= most:
                if status == "open":
                    raise Unintelligible(f"there are more than {most} open orders")
                return found
            params["until"] = page[-1].need_text("submitted_at")

    async def _executions(self, listed: Sequence[OrderReport]) -> tuple[OrderReport, ...]:
        """What is new in the account's fills, if more was filled than we know executions for."""
        wanted = {one.broker_order_id: one for one in listed if self._fills.wants(one)}
        if not wanted:
            return ()
        starts = [one.submitted_at for one in wanted.values() if one.submitted_at is not None]
        fills = await self._activities(min(starts, default=self._clock.now() - _RECENT))
        return self._fills.from_activities(fills, wanted)

    async def _activities(self, since: datetime) -> list[parse.Fill]:
        """Fills from a moment on, newest first, as many as are worth asking for."""
        params = {"page_size": str(_FILLS_PAGE), "direction": "desc"}
        # To the second, as only that format is documented; the second before costs nothing.
        params["after"] = _rfc3339(since - timedelta(seconds=1))
        found: list[parse.Fill] = []
        for _ in range(_MOST_FILLS // _FILLS_PAGE):
            path = "/v2/account/activities/{activity_type}"
            body = await self._client.read("fills", path, params, activity_type="FILL")
            page = rows(body, "the activities")
            found += parse.fills(page)
            if len(page) < _FILLS_PAGE:
                break
            params["page_token"] = page[-1].need_text("id")
        return found


def _rfc3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
