"""One order as a Gateway has told of it so far, and the report that this adds up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from brokers.ibkr import said, words
from brokers.ibkr.contracts import combination_of, instrument_of
from brokers.ibkr.orders import terms_of
from domain.facts import OrderReport, Source, Stamp
from domain.instrument import Instrument
from domain.money import ZERO
from domain.order import (
    ExecType,
    Execution,
    Leg,
    OrderClass,
    OrderSide,
    OrderStatus,
    PositionEffect,
)

_EFFECTS = {1: PositionEffect.OPEN, 2: PositionEffect.CLOSE}

Instruments = Mapping[int, Instrument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """An execution and what was traded in it; `of_leg` if that is a part of the order only."""

    contract: said.Contract
    side: OrderSide
    execution: Execution
    of_leg: bool


@dataclass(slots=True)
class Known:
    """One order as it was last told of; `contract` and `order` are missing until it was listed."""

    perm_id: int
    heard_at: datetime
    contract: said.Contract | None = None
    order: said.Order | None = None
    status: str = ""
    filled: Decimal = ZERO
    average: Decimal | None = None
    why_held: str = ""
    ended: OrderStatus | None = None
    rejected: str = ""
    complaint: str = ""
    fills: dict[str, Fill] = field(default_factory=dict)

    @property
    def executions(self) -> Mapping[str, Execution]:
        """Those of the order itself."""
        return {name: one.execution for name, one in self.fills.items() if not one.of_leg}

    def visible(self, fill: str | None) -> object:
        """All that a report of it says, with this fill."""
        said_of_it = (self.status, self.why_held, self.ended, self.rejected, self.complaint)
        amounts = (self.filled, self.average)
        return (self.contract, self.order, said_of_it, amounts, self.fills.get(fill or ""))

    @property
    def guessed(self) -> bool:
        """Whether only executions told of it so far."""
        return self.order is not None and not self.order.type


def report_of(
    known: Known, order_class: OrderClass, parent: Known | None, instruments: Instruments
) -> OrderReport | None:
    """The order as it stands, by itself; None while it was not listed."""
    order, contract = known.order, known.contract
    if order is None or contract is None:
        return None
    status, working = words.status_of(
        known.status, order, known.why_held, rejected=bool(known.rejected)
    )
    status = known.ended or status
    legs = _legs(contract, instruments)
    instrument = instruments.get(contract.con_id) or instrument_of(contract)
    if contract.sec_type == "BAG":
        instrument = combination_of([leg.instrument for leg in legs], contract.currency)
    return OrderReport(
        account=order.account,
        broker_order_id=str(known.perm_id),
        client_order_id=order.ref or None,
        instrument=instrument,
        terms=terms_of(order, order_class),
        status=status,
        raw_status=known.status or status.value,
        stamp=Stamp(time=None, source=Source.STREAM, arrival=known.heard_at),
        filled_quantity=known.filled,
        average_price=known.average,
        working=None if known.ended else working,
        parent=str(parent.perm_id) if parent else None,
        legs=legs,
        reason=known.rejected or (known.complaint if status.terminal else "") or None,
    )


def with_execution(report: OrderReport, execution: Execution | None) -> OrderReport:
    """The report with one fill, if there is one."""
    if execution is None:
        return report
    kind = ExecType.TRADE_CORRECT if execution.revision else ExecType.TRADE
    return replace(report, execution=execution, exec_type=kind)


def _legs(contract: said.Contract, instruments: Instruments) -> tuple[Leg, ...]:
    """Of a combination; a leg whose contract is not known yet goes by its number."""
    return tuple(
        Leg(
            instrument=instruments.get(leg.con_id)
            or instrument_of(said.Contract(con_id=leg.con_id, currency=contract.currency)),
            side=words.SIDE.get(leg.action, OrderSide.BUY),
            ratio=Decimal(leg.ratio),
            effect=_EFFECTS.get(leg.open_close),
        )
        for leg in contract.legs
    )
