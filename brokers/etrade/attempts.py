"""Placements whose outcome is not known, and which listed order is theirs.

E*TRADE never tells our id back, so an order is known by what it says: instrument, side, quantity,
prices, times, and when it was placed. One that this line has listed or placed before the sending
is another; two that fit, or two sendings that would fit, are nobody's: then a person decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.facts import OrderReport
from domain.money import EXACT
from domain.order import Leg, OrderSide, Terms
from domain.ticket import Ticket

# The two clocks may differ by so much; a request may be carried out so long after it was sent.
_SKEW, _LATE = timedelta(minutes=2), timedelta(minutes=2)
_MOST = 200
_MOST_KNOWN = 20_000

_Look = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """`replaces` is the order that a change was to take the place of: that alone tells it."""

    account: str
    look: _Look
    since: datetime
    known: frozenset[str]
    replaces: str | None = None


class Attempts:
    """What one line has sent and not heard of; it is forgotten with the line."""

    def __init__(self) -> None:
        self._open: dict[str, _Attempt] = {}
        self._known: dict[str, None] = {}
        self._claimed: set[str] = set()

    def sending(self, ticket: Ticket, at: datetime, replaces: str | None = None) -> None:
        """It is about to leave."""
        if len(self._open) >= _MOST:
            del self._open[next(iter(self._open))]
        self._open[ticket.client_order_id] = _Attempt(
            account=ticket.account,
            look=_look(ticket.instrument.id, ticket.terms, ticket.legs),
            since=at,
            known=frozenset(self._known),
            replaces=replaces,
        )

    def refused(self, client_order_id: str) -> None:
        """Nothing came of it."""
        self._open.pop(client_order_id, None)

    def became(self, client_order_id: str, report: OrderReport) -> None:
        """It is this order, which is nobody else's."""
        self._open.pop(client_order_id, None)
        self._claimed.add(report.broker_order_id)

    def saw(self, reports: Iterable[OrderReport]) -> None:
        """Orders that are there already are none of those to come."""
        for report in reports:
            self._known[report.broker_order_id] = None
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def since(self, client_order_id: str) -> datetime | None:
        """From when on to look for it; None if nothing is known of it."""
        attempt = self._open.get(client_order_id)
        return None if attempt is None else attempt.since - _SKEW

    def match(self, client_order_id: str, listed: Iterable[OrderReport]) -> OrderReport | None:
        """The one order that can only be this one's."""
        attempt = self._open.get(client_order_id)
        if attempt is None or self._has_rival(client_order_id, attempt):
            return None
        free = (report for report in listed if report.broker_order_id not in self._claimed)
        fitting = {one.broker_order_id: one for one in free if _fits(attempt, one)}
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def _has_rival(self, client_order_id: str, attempt: _Attempt) -> bool:
        """Whether there is another sending of the very same order to the same account."""
        return any(
            (other.account, other.look, other.replaces)
            == (attempt.account, attempt.look, attempt.replaces)
            for name, other in self._open.items()
            if name != client_order_id
        )


def _fits(attempt: _Attempt, report: OrderReport) -> bool:
    placed = report.submitted_at
    if placed is None or report.broker_order_id in attempt.known:
        return False
    if not attempt.since - _SKEW <= placed <= attempt.since + _LATE + _SKEW:
        return False
    if report.account != attempt.account or report.replaces != attempt.replaces:
        return False
    look = _look(report.instrument.id, report.terms, report.legs)
    return attempt.replaces is not None or look == attempt.look


def _look(instrument: str, terms: Terms, legs: tuple[Leg, ...]) -> _Look:
    """Everything that a listed order says again, in one form; only legs say what they open."""
    return (
        instrument,
        terms.side,
        terms.type,
        terms.time_in_force,
        *map(_plain, (terms.quantity, terms.notional, terms.limit_price, terms.stop_price)),
        *map(_plain, (terms.trail_amount, terms.trail_percent)),
        terms.extended_hours,
        tuple(sorted(map(_leg, legs))),
    )


def _leg(leg: Leg) -> tuple[str, OrderSide, str, str]:
    return (leg.instrument.id, leg.side, str(leg.ratio.normalize(EXACT)), leg.effect or "")


def _plain(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.normalize(EXACT)
