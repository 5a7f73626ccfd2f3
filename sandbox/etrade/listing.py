"""Which orders a request lists, a page at a time."""

from collections.abc import Callable, Mapping
from datetime import date

from aiohttp import web

from sandbox.account import Account
from sandbox.clock import NEW_YORK
from sandbox.etrade import words
from sandbox.etrade.errors import invalid
from sandbox.etrade.people import Numbers
from sandbox.orders import Order

PAGE = 100
_USUAL = 25
_STATUS = frozenset(words.STATUS.values())


def page(
    account: Account, numbers: Numbers, request: web.Request, most: int
) -> tuple[list[Order], str]:
    """One page of what is asked for, newest first, and the marker of the next, "" for none."""
    query = request.query
    tests = _tests(query)
    found = [one for one in account.orders.values() if all(test(one) for test in tests)]
    found.sort(key=lambda one: one.created, reverse=True)
    count = query.get("count", str(_USUAL))
    if not count.isdigit() or not 1 <= int(count) <= PAGE:
        raise invalid("Invalid count range", 2005)
    size, first = min(int(count), most), _first(found, numbers, query.get("marker"))
    shown, rest = found[first : first + size], found[first + size :]
    return shown, str(numbers.of(rest[0].id)) if rest else ""


def _first(found: list[Order], numbers: Numbers, marker: str | None) -> int:
    """The marker names the first order of the page."""
    if not marker or marker == "12345678999":
        return 0
    name = numbers.name(marker)
    return next((place for place, one in enumerate(found) if one.id == name), len(found))


def _tests(query: Mapping[str, str]) -> list[Callable[[Order], bool]]:
    tests: list[Callable[[Order], bool]] = [lambda one: one.parent_id is None]
    status = query.get("status")
    if status is not None and status not in _STATUS:
        raise invalid("Invalid status", 1000)
    if status is not None:
        tests.append(lambda one: words.STATUS[one.status] == status)
    if "symbol" in query:
        symbols = set(query["symbol"].split(","))
        tests.append(lambda one: one.ticket.symbol in symbols)
    first, last = query.get("fromDate"), query.get("toDate")
    if (first is None) != (last is None):
        raise invalid("Invalid date range", 2002)
    if first is not None and last is not None:
        start, end = _day(first), _day(last)
        tests.append(lambda one: start <= one.created.astimezone(NEW_YORK).date() <= end)
    if query.get("marketSession") in {"REGULAR", "EXTENDED"}:
        extended = query["marketSession"] == "EXTENDED"
        tests.append(lambda one: one.ticket.extended_hours is extended)
    return tests


def _day(text: str) -> date:
    try:
        return date(int(text[4:8]), int(text[:2]), int(text[2:4]))
    except ValueError:
        raise invalid("Invalid date format", 2004) from None
