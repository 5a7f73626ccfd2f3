"""Which execution is which, so that the stream and the activities name each of them alike.

Trade updates carry an `execution_id`, activities an id of the form `time::uuid`. That the uuid is
the execution id is documented for Alpaca's newer activity events only (`ref_id`, OpenAPI 2026-06);
no recording shows the same fill in both. If it were not so, every fill would count twice. Both do
say how much of the order was filled after it, and that never repeats within an order: it is the
name used here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from brokers.alpaca.parse import Fill
from brokers.executions import Executions
from brokers.wire import Row
from domain.facts import OrderReport
from domain.money import EXACT, plain
from domain.order import ExecType, Execution


class Fills:
    """The executions that one line has seen, by order, and the broker's own ids for them."""

    def __init__(self) -> None:
        self._known = Executions()
        self._names: dict[str, str] = {}

    def from_event(self, event: Row, report: OrderReport) -> OrderReport:
        """The report of a trade update with the execution that it brings, corrects or undoes."""
        quantity, price = event.amount("qty"), event.amount("price")
        if quantity is None or price is None:
            return report
        match report.exec_type:
            case ExecType.TRADE:
                return self._traded(event, report, quantity, price)
            case ExecType.TRADE_CORRECT:
                return self._corrected(event, report, quantity, price)
            case ExecType.TRADE_CANCEL:
                return self._busted(event, report, quantity)
            case _:
                return report

    def wants(self, report: OrderReport) -> bool:
        """Whether to ask for activities: more was filled than we have executions for."""
        return self._known.lacking(report)

    def from_activities(
        self, fills: Iterable[Fill], reports: Mapping[str, OrderReport]
    ) -> tuple[OrderReport, ...]:
        """A report for each execution that was not known yet, of the orders in `reports`."""
        found = (
            self._listed(fill, reports[fill.order_id]) for fill in fills if fill.order_id in reports
        )
        return tuple(report for report in found if report is not None)

    def _traded(
        self, event: Row, report: OrderReport, quantity: Decimal, price: Decimal
    ) -> OrderReport:
        """Attributed only if it fits onto what is known; else the activities will tell."""
        order_id, raw_id = report.broker_order_id, event.text("execution_id")
        if raw_id is not None and raw_id in self._names:
            known = self._known.of(order_id).get(self._names[raw_id])
            return replace(report, execution=known)
        after = EXACT.add(self._known.quantity(order_id), quantity)
        if after != report.filled_quantity:
            return report
        execution = Execution(
            execution_id=_name(order_id, after),
            quantity=quantity,
            price=price,
            at=event.moment("timestamp") or report.stamp.time or report.stamp.arrival,
        )
        self._keep(order_id, raw_id, execution)
        return replace(report, execution=execution)

    def _corrected(
        self, event: Row, report: OrderReport, quantity: Decimal, price: Decimal
    ) -> OrderReport:
        known = self._known.of(report.broker_order_id).get(self._named(event) or "")
        if known is None:
            return report
        if (known.quantity, known.price) != (quantity, price):
            known = replace(known, quantity=quantity, price=price, revision=known.revision + 1)
            self._keep(report.broker_order_id, None, known)
        return replace(report, execution=known)

    def _busted(self, event: Row, report: OrderReport, quantity: Decimal) -> OrderReport:
        """Of an execution never seen we suppose that it was the last one."""
        before = EXACT.add(report.filled_quantity, quantity)
        name = self._named(event) or _name(report.broker_order_id, before)
        self._known.drop(report.broker_order_id, name)
        return replace(report, busted=(name,))

    def _listed(self, fill: Fill, report: OrderReport) -> OrderReport | None:
        name = _name(fill.order_id, fill.cumulative)
        raw_id = fill.activity_id.partition("::")[2] or fill.activity_id
        if name in self._known.of(fill.order_id):
            self._names.setdefault(raw_id, name)
            return None
        execution = Execution(
            execution_id=name, quantity=fill.quantity, price=fill.price, at=fill.at
        )
        self._keep(fill.order_id, raw_id, execution)
        return replace(report, execution=execution)

    def _named(self, event: Row) -> str | None:
        """What we call the execution that a bust or a correction is about."""
        ids = (event.text(field) for field in ("previous_execution_id", "execution_id"))
        return next((self._names[raw_id] for raw_id in ids if raw_id in self._names), None)

    def _keep(self, order_id: str, raw_id: str | None, execution: Execution) -> None:
        gone = self._known.keep(order_id, execution)
        if raw_id is not None:
            self._names[raw_id] = execution.execution_id
        if gone:
            self._names = {raw: name for raw, name in self._names.items() if name not in gone}


def _name(order_id: str, cumulative: Decimal) -> str:
    return f"{order_id}@{plain(cumulative.normalize(EXACT))}"
