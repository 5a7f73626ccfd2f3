"""/v1/accounts/{key}/transactions: pages, each beginning with the last row of the one before."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox.account import Account, Movement
from sandbox.clock import NEW_YORK
from sandbox.etrade import wire, words
from sandbox.etrade.accounts import ENDING
from sandbox.etrade.errors import invalid
from sandbox.etrade.people import Person
from sandbox.etrade.wire import Quirks
from sandbox.etrade.words import day, figure
from sandbox.exchange import Exchange
from sandbox.orders import Execution, Side

_PAGE = 50


class Transactions:
    """The routes of transactions; `page` is the most on one, whatever is asked."""

    def __init__(self, exchange: Exchange, person: Person, quirks: Quirks) -> None:
        self._exchange, self._person, self._quirks = exchange, person, quirks
        self.page = _PAGE

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [web.get(f"/v1/accounts/{{key}}/transactions{ENDING}", self.page_of)]

    async def page_of(self, request: web.Request) -> web.Response:
        """One page; a marker names its first row, which the page before ended with."""
        account = self._person.by_key(request.match_info["key"]).account
        found = list(self._between(account, request))
        found.sort(key=lambda pair: pair[0], reverse=request.query.get("sortOrder") != "ASC")
        rows = [row for _, row in found]
        size = _count(request, self.page)
        first = self._first(rows, request.query.get("marker"))
        page = rows[first : first + size]
        if not page:
            return web.Response(status=204)
        last = page[-1]
        marker = f"{last['transactionId']}_{last['transactionDate'] // 1000}"
        body = {
            "Transaction": page,
            "marker": "12345678999" if self._quirks.same_marker else marker,
            "moreTransactions": False,
            "transactionCount": len(page),
            "totalCount": len(rows),
        }
        return wire.answer(request, {"TransactionListResponse": body}, self._quirks)

    def _first(self, rows: list[dict[str, Any]], marker: str | None) -> int:
        if marker is None or self._quirks.same_marker:
            return 0
        named = marker.partition("_")[0]
        places = (i for i, row in enumerate(rows) if str(row["transactionId"]) == named)
        place = next(places, None)
        if place is None:
            raise invalid("Invalid transaction id", 1001)
        return place

    def _between(
        self, account: Account, request: web.Request
    ) -> Iterator[tuple[tuple[datetime, str], dict[str, Any]]]:
        first, last = _days(request)
        booked: list[Execution | Movement] = [*account.executions.values(), *account.movements]
        for one in booked:
            if first <= one.at.astimezone(NEW_YORK).date() <= last:
                yield (one.at, one.id), self._row(account, one)

    def _row(self, account: Account, one: Execution | Movement) -> dict[str, Any]:
        told = self._traded(one) if isinstance(one, Execution) else self._moved(one)
        return {
            "transactionId": self._person.transactions.of(one.id),
            "accountId": account.number,
            "transactionDate": day(one.at),
            "postDate": day(one.at),
            "instType": "BROKERAGE",
            **told,
        }

    def _traded(self, one: Execution) -> dict[str, Any]:
        instrument = self._exchange.market.instruments[one.symbol]
        signed = one.quantity * one.side.sign
        word = "Bought" if one.side is Side.BUY else "Sold"
        return {
            "amount": -signed * one.price * instrument.multiplier - one.commission,
            "description": instrument.name,
            "transactionType": word,
            "brokerage": _brokerage(
                product=words.product(instrument),
                quantity=signed,
                price=one.price,
                fee=one.commission,
                settles=day(one.at),
            ),
        }

    def _moved(self, one: Movement) -> dict[str, Any]:
        instrument = self._exchange.market.instruments.get(one.symbol or "")
        return {
            "amount": one.amount,
            "description": words.TRANSACTION[one.kind].upper(),
            "transactionType": words.TRANSACTION[one.kind],
            "brokerage": _brokerage(
                product=words.product(instrument) if instrument else {},
                quantity=one.quantity or Decimal(0),
                price=figure(one.amount / one.quantity) if one.quantity else Decimal(0),
                fee=Decimal(0),
                settles=day(one.at),
            ),
        }


def _brokerage(
    *, product: dict[str, Any], quantity: Decimal, price: Decimal, fee: Decimal, settles: int
) -> dict[str, Any]:
    return {
        "product": product,
        "quantity": quantity,
        "price": price,
        "settlementCurrency": "USD",
        "paymentCurrency": "USD",
        "fee": fee,
        "settlementDate": settles,
    }


def _count(request: web.Request, most: int) -> int:
    count = request.query.get("count", str(most))
    if not count.isdigit() or not 1 <= int(count) <= _PAGE:
        raise invalid("Invalid count range", 2005)
    return min(int(count), most)


def _days(request: web.Request) -> tuple[date, date]:
    """From one day to another; both are given or none."""
    first, last = request.query.get("startDate"), request.query.get("endDate")
    if first is None and last is None:
        return date.min, date.max
    if first is None or last is None:
        raise invalid("Invalid date range", 2002)
    found = _day(first), _day(last)
    if found[0] > found[1]:
        raise invalid("Invalid date range", 2002)
    return found


def _day(text: str) -> date:
    try:
        return date(int(text[4:8]), int(text[:2]), int(text[2:4]))
    except ValueError:
        raise invalid("Invalid date format", 2004) from None
