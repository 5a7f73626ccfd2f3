"""Coinbase's fills as executions: what an order's cumulative updates leave untold.

A fill is known by its entry id. Fills of an order for an amount of money have their size in money:
there the quantity is worked out, and the last one has what the order says is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from brokers.executions import Executions
from brokers.wire import Row
from domain.facts import OrderReport
from domain.money import EXACT, finest, total
from domain.order import ExecType, Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A fill as it is listed; `size` is in units, or in money if `in_quote`."""

    order_id: str
    entry_id: str
    size: Decimal
    price: Decimal
    at: datetime
    in_quote: bool
    commission: Decimal | None

    @property
    def quantity(self) -> Decimal:
        """In units."""
        return finest(EXACT.divide(self.size, self.price)) if self.in_quote else self.size


def fills(rows: Sequence[Row]) -> tuple[Fill, ...]:
    """The executions among the rows; reversals and what has no number are left out."""
    found = map(fill, rows)
    return tuple(one for one in found if one is not None)


def fill(row: Row) -> Fill | None:
    """One execution, None if it is none or cannot be attributed."""
    order_id, entry_id = row.text("order_id"), row.text("entry_id", "trade_id")
    size, price, at = row.amount("size"), row.amount("price"), row.moment("trade_time")
    if row.text("trade_type") not in {"FILL", None} or not (order_id and entry_id and at):
        return None
    if not size or not price:
        return None
    return Fill(
        order_id=order_id,
        entry_id=entry_id,
        size=size,
        price=price,
        at=at,
        in_quote=row.flag("size_in_quote") or row.text("size_in_quote") == "true",
        commission=row.figure("commission"),
    )


class Fills:
    """How much of each order this line has given executions for."""

    def __init__(self) -> None:
        self._known = Executions()

    def wants(self, report: OrderReport) -> bool:
        """Whether to ask for fills: more was filled than we have executions for."""
        return self._known.lacking(report)

    def executed(
        self, listed: Iterable[Fill], reports: Mapping[str, OrderReport]
    ) -> tuple[OrderReport, ...]:
        """A report for each execution that was not known yet, of the orders in `reports`."""
        by_order: dict[str, list[Fill]] = {}
        for one in listed:
            by_order.setdefault(one.order_id, []).append(one)
        return tuple(
            report
            for order_id, each in by_order.items()
            if order_id in reports
            for report in self._new(reports[order_id], each)
        )

    def _new(self, report: OrderReport, listed: Sequence[Fill]) -> list[OrderReport]:
        known = self._known.of(report.broker_order_id)
        fresh = [one for one in executions(report, listed) if one.execution_id not in known]
        self._known.keep(report.broker_order_id, *fresh)
        return [replace(report, execution=one, exec_type=ExecType.TRADE) for one in fresh]


def executions(report: OrderReport, listed: Sequence[Fill]) -> list[Execution]:
    """An order's fills, oldest first, each once."""
    ordered = sorted({one.entry_id: one for one in listed}.values(), key=_when)
    found = [
        Execution(
            execution_id=one.entry_id,
            quantity=one.quantity,
            price=one.price,
            at=one.at,
            commission=one.commission,
        )
        for one in ordered
    ]
    if ordered and ordered[-1].in_quote and report.status.terminal:
        before = total([one.quantity for one in found[:-1]])
        rest = EXACT.subtract(report.filled_quantity, before)
        if _is_rounding(rest, found[-1].quantity):
            found[-1] = replace(found[-1], quantity=rest)
    return found


def _is_rounding(exact: Decimal, worked_out: Decimal) -> bool:
    """Whether two quantities differ by less than a thousandth."""
    return abs(EXACT.subtract(exact, worked_out)) * 1000 < abs(worked_out)


def _when(one: Fill) -> tuple[datetime, str]:
    return (one.at, one.entry_id)
