"""The executions that a line knows of, and whether to ask for more of them."""

from collections.abc import Mapping
from decimal import Decimal

from domain.facts import OrderReport
from domain.money import total
from domain.order import Execution

MOST_ORDERS = 5_000
# A fill may be listed some time after the order tells of it; this often it is asked for.
_MOST_TRIES = 5


class Executions:
    """By order and by execution id; the orders that were known first are forgotten."""

    def __init__(self) -> None:
        self._orders: dict[str, dict[str, Execution]] = {}
        self._tries: dict[tuple[str, Decimal], int] = {}

    def of(self, order_id: str) -> Mapping[str, Execution]:
        """Those of an order."""
        return self._orders.get(order_id, {})

    def keep(self, order_id: str, *executions: Execution) -> Mapping[str, Execution]:
        """Know of these too, in place of those with their ids; returned is what is forgotten."""
        self._orders.setdefault(order_id, {}).update({one.execution_id: one for one in executions})
        too_many = len(self._orders) > MOST_ORDERS
        return self._orders.pop(next(iter(self._orders))) if too_many else {}

    def drop(self, order_id: str, execution_id: str) -> None:
        """One was taken back."""
        self._orders.get(order_id, {}).pop(execution_id, None)

    def quantity(self, order_id: str) -> Decimal:
        """Units that those of an order add up to."""
        return total([one.quantity for one in self.of(order_id).values()])

    def lacking(self, report: OrderReport) -> bool:
        """Whether to ask for more: they do not add up, and it was not asked in vain too often."""
        if self.quantity(report.broker_order_id) >= report.filled_quantity:
            return False
        if len(self._tries) > MOST_ORDERS:
            self._tries.clear()
        key = (report.broker_order_id, report.filled_quantity)
        self._tries[key] = self._tries.get(key, 0) + 1
        return self._tries[key] <= _MOST_TRIES
