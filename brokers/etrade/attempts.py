"""What one line has sent and not heard of, as E*TRADE never tells our id back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.facts import OrderReport
from domain.likeness import SKEW, Sought, recognized
from domain.ticket import Ticket

_MOST, _MOST_KNOWN = 200, 20_000


class Attempts:
    """Sendings by our id; they are forgotten with the line."""

    def __init__(self) -> None:
        self._open: dict[str, Sought] = {}
        self._known: dict[str, None] = {}
        self._claimed: set[str] = set()

    def sending(self, ticket: Ticket, at: datetime, replaces: str | None = None) -> None:
        """It is about to leave; orders that are listed already are none of its own."""
        if len(self._open) >= _MOST:
            del self._open[next(iter(self._open))]
        self._open[ticket.client_order_id] = Sought(
            ticket=ticket, since=at, until=at, replaces=replaces, others=frozenset(self._known)
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
        sought = self._open.get(client_order_id)
        return None if sought is None else sought.since - SKEW

    def match(self, client_order_id: str, listed: Iterable[OrderReport]) -> OrderReport | None:
        """The one order that can only be this one's."""
        sought = self._open.get(client_order_id)
        if sought is None:
            return None
        rivals = (other for name, other in self._open.items() if name != client_order_id)
        free = replace(sought, others=sought.others | self._claimed)
        return recognized(free, listed, rivals)
