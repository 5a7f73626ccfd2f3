"""Orders that are over and of which a look at an account says what the last one said already."""

from dataclasses import replace

from domain.events import Snapshot
from domain.facts import OrderReport


class Settled:
    """What was recorded of the orders of one account that are over; no more than a look listed.

    Recording the same report twice changes nothing, and most of a day's orders are over.
    """

    def __init__(self) -> None:
        self._recorded: dict[str, list[OrderReport]] = {}

    def set_aside(self, snapshot: Snapshot) -> Snapshot:
        """The same with those among `settled` that need not be recorded again."""
        parts: tuple[list[OrderReport], list[OrderReport]] = ([], [])
        for report in snapshot.orders:
            known = report in self._recorded.get(report.broker_order_id, ())
            parts[known].append(report)
        orders, settled = map(tuple, parts)
        return replace(snapshot, orders=orders, settled=settled)

    def keep(self, snapshot: Snapshot) -> None:
        """All of this was recorded, and the executions of what is over are known."""
        self._recorded = {}
        for report in (*snapshot.settled, *snapshot.orders):
            if report.status.terminal:
                self._recorded.setdefault(report.broker_order_id, []).append(report)
