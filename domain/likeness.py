"""Which listed order is one that we may have placed, where the broker does not tell our id back.

It is known by what it says: account, instrument, side, prices, quantity, times, legs, and when it
was placed. One that is another's for sure is none; two that fit, or two sendings that one would
fit, are nobody's: then a person decides. A change is known by the order that it takes the place of.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.facts import OrderReport
from domain.money import EXACT
from domain.order import Leg
from domain.ticket import Ticket

# So much two clocks may differ, and so long after the sending an order may be carried out.
SKEW, LATE = timedelta(minutes=2), timedelta(minutes=2)

Look = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """An order that may have been placed: sent between `since` and `until`, in place of `replaces`.

    `others` are broker ids that cannot be its own.
    """

    ticket: Ticket
    since: datetime
    until: datetime
    replaces: str | None = None
    others: frozenset[str] = frozenset()

    @property
    def look(self) -> Look:
        """Equal for two that one order would fit."""
        return (self.ticket.account, self.replaces, *_look(self.ticket, self.ticket.legs))


def recognized(
    sought: Sought, listed: Iterable[OrderReport], unknown: Iterable[Sought] = ()
) -> OrderReport | None:
    """The one order that can only be it; `unknown` are all other sendings without an outcome."""
    if any(other.look == sought.look for other in unknown):
        return None
    fitting = {one.broker_order_id: one for one in listed if _fits(sought, one)}
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _fits(sought: Sought, report: OrderReport) -> bool:
    placed = report.submitted_at
    if placed is None or report.broker_order_id in sought.others:
        return False
    if not sought.since - SKEW <= placed <= sought.until + LATE + SKEW:
        return False
    if report.account != sought.ticket.account or report.replaces != sought.replaces:
        return False
    said = (report.account, report.replaces, *_look(report, report.legs))
    return sought.replaces is not None or said == sought.look


def _look(order: Ticket | OrderReport, legs: tuple[Leg, ...]) -> Look:
    """Everything that a listed order says again, in one form; only legs say what they open."""
    terms = order.terms
    amounts = (terms.quantity, terms.notional, terms.limit_price, terms.stop_price)
    return (
        order.instrument.id,
        terms.side,
        terms.type,
        terms.time_in_force,
        *map(_plain, (*amounts, terms.trail_amount, terms.trail_percent)),
        terms.extended_hours,
        tuple(sorted(map(_leg, legs))),
    )


def _leg(leg: Leg) -> tuple[str, str, str, str]:
    ratio = str(leg.ratio.normalize(EXACT))
    return (leg.instrument.id, leg.side.value, ratio, leg.effect.value if leg.effect else "")


def _plain(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.normalize(EXACT)
