"""Lists that come in pages: accounts by their keys, positions, orders."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from brokers.etrade import accounts, portfolio
from brokers.etrade.client import Client
from brokers.etrade.orders import Heard, reports
from brokers.etrade.times import NEW_YORK
from brokers.wire import Row
from domain.account import AccountReport
from domain.clock import Clock
from domain.errors import ErrorCode, NotPermitted, OutcomeUnknown, Unintelligible
from domain.facts import OrderReport, Source

_ACCOUNTS = "/v1/accounts/list"
_PORTFOLIO = "/v1/accounts/{key}/portfolio"
_ORDERS = "/v1/accounts/{key}/orders"
_POSITIONS_PAGE, _MOST_PAGES = 50, 200
_ORDERS_PAGE = 100
# How far back closed orders are looked at; older ones are asked for one by one, by their id.
_RECENT = timedelta(days=1)
# "Good until cancel" is said to end after sixty days (not proven).
_LONGEST_OPEN = timedelta(days=65)


class Listing:
    """One person's accounts, which go by keys in every path and by numbers everywhere else."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._keys: dict[str, str] = {}
        self._reports: dict[str, AccountReport] = {}
        self._by_status = True

    async def accounts(self) -> tuple[AccountReport, ...]:
        """All that can be used; a closed one answers nothing."""
        rows = accounts.listed(await self._client.read("accounts", _ACCOUNTS))
        self._keys = {row.need_text("accountId"): row.need_text("accountIdKey") for row in rows}
        reports = (accounts.account(row) for row in rows)
        self._reports = {one.number: one for one in reports if accounts.is_open(one)}
        return tuple(self._reports.values())

    async def report(self, number: str) -> AccountReport:
        """One of them as it was last listed; NotPermitted if it is not this person's."""
        if number not in self._reports:
            await self.accounts()
        if number not in self._reports:
            raise _another()
        return self._reports[number]

    async def key(self, number: str) -> str:
        """What its paths take; asked for once a line."""
        if number not in self._keys:
            await self.accounts()
        if number not in self._keys:
            raise _another()
        return self._keys[number]

    async def positions(self, number: str, *, lots: bool = True) -> tuple[Row, ...]:
        """All pages; a list that does not end is no list."""
        key, page_number = await self.key(number), "1"
        found: list[Row] = []
        for _ in range(_MOST_PAGES):
            params = {
                "count": str(_POSITIONS_PAGE),
                "pageNumber": page_number,
                "lotsRequired": str(lots).lower(),
                "view": "QUICK",
            }
            body = await self._client.read("portfolio", _PORTFOLIO, params, key=key)
            page = portfolio.page(body)
            found += page.positions
            if page.next_page is None:
                return tuple(found)
            page_number = page.next_page
        raise Unintelligible("E*TRADE's pages of positions do not end")

    async def orders(self, number: str, since: datetime | None = None) -> tuple[OrderReport, ...]:
        """Open orders and those placed from `since` on (a day ago), again for each execution."""
        recent = await self._pages(number, self._days(since or self._clock.now() - _RECENT))
        listed = {one.broker_order_id for one in recent}
        older = (one for one in await self._open(number) if one.broker_order_id not in listed)
        return (*recent, *older)

    async def _open(self, number: str) -> list[OrderReport]:
        """By their status where that can be asked for; E*TRADE's own sandbox fails it (2025).

        Else all that were placed since the oldest that can still be open.
        """
        if self._by_status:
            try:
                return await self._pages(number, {"status": "OPEN"})
            except OutcomeUnknown:
                pass
        found = await self._pages(number, self._days(self._clock.now() - _LONGEST_OPEN))
        self._by_status = False
        return found

    async def order(self, number: str, broker_order_id: str) -> Sequence[OrderReport]:
        """One order, and the others of a conditional one."""
        key, heard = await self.key(number), self._heard(number)
        path = f"{_ORDERS}/{{order_id}}"
        body = await self._client.read("order", path, key=key, order_id=broker_order_id)
        return _read(body, heard)

    async def _pages(self, number: str, query: dict[str, str]) -> list[OrderReport]:
        """Until no marker leads on, or one comes again, as in E*TRADE's own sandbox."""
        key, markers = await self.key(number), set[str]()
        params = {"count": str(_ORDERS_PAGE), **query}
        found: list[OrderReport] = []
        while True:
            body = await self._client.read("orders", _ORDERS, params, key=key)
            found += _read(body, self._heard(number))
            response = body.row("ordersResponse")
            marker = response.text("marker") if response else None
            if marker is None or marker in markers:
                return found
            markers.add(marker)
            params["marker"] = marker

    def _days(self, since: datetime) -> dict[str, str]:
        first, last = (each.astimezone(NEW_YORK) for each in (since, self._clock.now()))
        return {"fromDate": f"{first:%m%d%Y}", "toDate": f"{last:%m%d%Y}"}

    def _heard(self, number: str) -> Heard:
        return Heard(account=number, source=Source.POLL, at=self._clock.now())


def _read(body: Row, heard: Heard) -> list[OrderReport]:
    response = body.row("ordersResponse")
    rows = response.rows("order") if response else ()
    return [report for row in rows for report in reports(row, heard)]


def _another() -> NotPermitted:
    message = "this sign-in does not open that account"
    return NotPermitted(message, code=ErrorCode.DIFFERENT_ACCOUNT)
