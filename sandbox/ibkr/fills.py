"""The executions of one Gateway, under the ids that its clients are told."""

from dataclasses import replace
from decimal import Decimal

from sandbox.ibkr.contracts import Catalog
from sandbox.ibkr.desk import Desk
from sandbox.ibkr.placed import Fill, Placed
from sandbox.ibkr.positions import Positions
from sandbox.orders import Contingency, Event, Execution, Side

_FIRST = 0x63F8F39C


class Fills:
    """Oldest first; a corrected one has the place, and the next id, of what it corrects."""

    def __init__(self, desk: Desk, positions: Positions, catalog: Catalog) -> None:
        self._desk = desk
        self._positions = positions
        self._catalog = catalog
        self._told = 0
        self.all: list[Fill] = []

    def add(self, event: Event) -> Fill:
        """A new one; a combination is sold for what its opposite costs."""
        placed, order, one = self._desk.about(event.order), event.order, _execution(event)
        combination = order.ticket.contingency is Contingency.MULTILEG
        average = order.average_price or one.price
        realized = None
        if not combination:
            realized = self._positions.traded(placed.account, one)
        elif placed.asked.text("action") == "SELL":
            one, average = replace(one, side=Side.SELL, price=-one.price), -average
        placed.commission = (placed.commission or Decimal(0)) + one.commission
        if not self._desk.is_leg(order):
            placed.last_price = one.price
        return self._told_of(
            Fill(
                placed=placed,
                contract=placed.contract if combination else self._catalog.by_symbol[one.symbol],
                execution=one,
                prefix=f"0000e0d5.{_FIRST + self._told:08x}.01",
                cumulative=order.filled,
                average=average,
                realized=realized,
                combination=combination,
            )
        )

    def correct(self, event: Event) -> Fill:
        """The same with other terms."""
        one = _execution(event)
        old = next(fill for fill in self.all if fill.execution.id == one.id)
        new = replace(old, execution=one, revision=old.revision + 1)
        self.all[self.all.index(old)] = new
        return new

    def drop(self, event: Event) -> None:
        """Forget a busted one: it is not told, it is only not there any more."""
        gone = _execution(event).id
        self.all = [fill for fill in self.all if fill.execution.id != gone]

    def of(self, placed: Placed) -> list[Fill]:
        """Those of one order."""
        return [fill for fill in self.all if fill.placed is placed]

    def _told_of(self, fill: Fill) -> Fill:
        self._told += 1
        self.all.append(fill)
        return fill


def _execution(event: Event) -> Execution:
    if event.execution is None:
        raise ValueError("it is no execution")
    return event.execution
