"""Every way to order an asset class, one by one, and the sheet of those that are taken."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import product

from domain.capabilities import Capabilities, objections
from domain.instrument import AssetClass, Instrument
from domain.order import OrderClass, OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Exits, Ticket

TYPES = tuple(one for one in OrderType if one is not OrderType.OTHER)
TIMES = tuple(one for one in TimeInForce if one is not TimeInForce.OTHER)
CONTINGENT = (OrderClass.BRACKET, OrderClass.OCO, OrderClass.OTO)
TRAILING = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})

Sheet = Mapping[str, Mapping[str, list[str]]]


class Amount(StrEnum):
    """How much: whole units, a part of one, or what so much money buys."""

    WHOLE = "WHOLE"
    FRACTION = "FRACTION"
    MONEY = "MONEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to order, whatever the instrument and the prices."""

    order_class: OrderClass
    type: OrderType
    time_in_force: TimeInForce
    amount: Amount = Amount.WHOLE
    extended: bool = False

    @property
    def row(self) -> str:
        """The part of the sheet that it belongs to: all that it is beside plain."""
        words = [self.order_class.value] if self.order_class in CONTINGENT else []
        words += ["EXTENDED"] if self.extended else []
        words += [self.amount.value] if self.amount is not Amount.WHOLE else []
        return " ".join(words) or "PLAIN"


def offers(asset_class: AssetClass) -> Iterator[Offer]:
    """All there could be of an asset class, taken anywhere or not."""
    combination = asset_class is AssetClass.MULTI_LEG
    plainest = OrderClass.MULTI_LEG if combination else OrderClass.SIMPLE
    for kind, time, amount, extended in product(TYPES, TIMES, Amount, (False, True)):
        yield Offer(
            order_class=plainest,
            type=kind,
            time_in_force=time,
            amount=amount,
            extended=extended,
        )
    if not combination:
        yield from _contingent()


def _contingent() -> Iterator[Offer]:
    amounts = (Amount.WHOLE, Amount.FRACTION)
    for order_class, kind, time, amount in product(CONTINGENT, TYPES, TIMES, amounts):
        yield Offer(order_class=order_class, type=kind, time_in_force=time, amount=amount)


def declared(asset_class: AssetClass, able: Capabilities) -> Iterator[Offer]:
    """Those that we let through."""
    thing = Instrument(asset_class=asset_class, symbol="X", currency="USD")
    for offer in offers(asset_class):
        terms, exits = _terms(offer), _exits(offer.order_class)
        ticket = Ticket(account="", client_order_id="", instrument=thing, terms=terms, exits=exits)
        if not objections(ticket, able):
            yield offer


def sheet(taken: Iterable[Offer]) -> Sheet:
    """By row and type, the times in force."""
    found: dict[str, dict[str, list[str]]] = {}
    for offer in taken:
        types = found.setdefault(offer.row, {})
        types.setdefault(offer.type.value, []).append(offer.time_in_force.value)
    return found


def _terms(offer: Offer) -> Terms:
    """With every price that anything could need, none of which matters."""
    one = Decimal(1)
    return Terms(
        side=OrderSide.BUY,
        type=offer.type,
        time_in_force=offer.time_in_force,
        order_class=offer.order_class,
        quantity={Amount.WHOLE: one, Amount.FRACTION: Decimal("0.5")}.get(offer.amount),
        notional=one if offer.amount is Amount.MONEY else None,
        limit_price=one,
        stop_price=one,
        trail_amount=one if offer.type in TRAILING else None,
        extended_hours=offer.extended,
    )


def _exits(order_class: OrderClass) -> Exits | None:
    one, two = Decimal(1), Decimal(2)
    return {
        OrderClass.BRACKET: Exits(take_profit=two, stop_loss=one),
        OrderClass.OTO: Exits(take_profit=two),
        OrderClass.OCO: Exits(stop_loss=one),
    }.get(order_class)
