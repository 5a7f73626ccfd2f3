"""What polls know before the streams: drift, unless the stream tells of it in good time."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.drift import Drift
from domain.facts import OrderReport
from domain.order import Order

# A poll may overtake a stream that is well; by then the stream has told of it too.
GRACE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Suspect:
    drift: Drift
    names: frozenset[str]
    dated: datetime | None

    def told_by(self, report: OrderReport) -> bool:
        """Whether the stream's word is of this order and no older than what was found."""
        time = report.stamp.time
        late = time is not None and self.dated is not None and time < self.dated
        return report.broker_order_id in self.names and not late


class Vigil:
    """Orders that a poll found changed, until the stream tells of them or its grace is over."""

    def __init__(self) -> None:
        self.stirred = asyncio.Event()
        self._suspects: list[_Suspect] = []

    def found(
        self, orders: Iterable[Order], dates: Mapping[str, datetime | None], at: datetime
    ) -> None:
        """A poll that was over at `at` found these; `dates` are the broker's own, by its ids."""
        for order in orders:
            dated = dates.get(order.broker_order_id)
            names = frozenset({order.broker_order_id, *order.earlier_broker_ids})
            self._suspects.append(_Suspect(_drift(order, dated, at), names, dated))
            self.stirred.set()

    def heard(self, report: OrderReport) -> None:
        """The stream told of an order."""
        self._suspects = [each for each in self._suspects if not each.told_by(report)]

    def lost(self) -> None:
        """The stream is gone, which everybody is told: that it is silent now is no news."""
        self._suspects.clear()

    def over(self, now: datetime) -> tuple[Drift, ...]:
        """Those that the stream had time enough to tell of; each once."""
        ended = [each for each in self._suspects if now - each.drift.found_at >= GRACE]
        self._suspects = [each for each in self._suspects if each not in ended]
        return tuple(each.drift for each in ended)

    @property
    def watching(self) -> bool:
        """Whether the grace of any is still running."""
        return bool(self._suspects)


def _drift(order: Order, dated: datetime | None, at: datetime) -> Drift:
    return Drift(
        account_id=order.account_id,
        order_id=order.id,
        broker_order_id=order.broker_order_id,
        status=order.status,
        filled_quantity=order.filled_quantity,
        found_at=at,
        lag=None if dated is None else max(timedelta(0), at - dated),
    )
