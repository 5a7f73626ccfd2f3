"""What a broker can do, as data; callers read it and never ask which broker it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from domain.errors import ErrorCode
from domain.instrument import AssetClass
from domain.order import OrderClass, OrderType, Terms, TimeInForce
from domain.ticket import Exits, Ticket


class PreviewBy(StrEnum):
    """Who works out what an order would cost."""

    BROKER = "BROKER"
    ESTIMATED = "ESTIMATED"


class Replacing(StrEnum):
    """What a replacement does to the order's id at the broker."""

    IN_PLACE = "IN_PLACE"
    NEW_ID = "NEW_ID"
    NONE = "NONE"


class Pushed(StrEnum):
    """What arrives without asking."""

    ORDERS = "ORDERS"
    HOLDINGS = "HOLDINGS"
    BALANCES = "BALANCES"
    MARKS = "MARKS"


class Proof(StrEnum):
    """What stands behind a declared capability, besides the sandbox."""

    RECORDED = "RECORDED"
    VENDOR_DOC = "VENDOR_DOC"
    UNPROVEN = "UNPROVEN"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A proof; `on` is when a vendor's page said so, as 2026-06 or to the day."""

    proof: Proof
    on: str | None = None


RECORDED, UNPROVEN = Evidence(Proof.RECORDED), Evidence(Proof.UNPROVEN)


def vendor_doc(on: str) -> Evidence:
    """A vendor's page, and the month or day on which it was read."""
    return Evidence(Proof.VENDOR_DOC, on)


Types = Mapping[OrderType, frozenset[TimeInForce]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trades:
    """What can be ordered in one asset class: `types`, and how long each may live.

    An order that is more than plain has to be in the table of everything that it is: of its class
    in `class_types`, of fractions in `fractional_types`, of money in `notional_types`; where there
    is no such table `types` goes for it too. Outside of the regular session `extended_hours` goes
    in their place, for orders that hang together with none. Contingent orders (bracket, OCO, OTO)
    are for fractions only if `fractional_contingent`, and never for money.
    """

    types: Types
    classes: frozenset[OrderClass] = frozenset({OrderClass.SIMPLE})
    class_types: Mapping[OrderClass, Types] = field(default_factory=dict)
    fractional: bool = False
    fractional_types: Types | None = None
    fractional_contingent: bool = False
    notional: bool = False
    notional_types: Types | None = None
    short: bool = False
    extended_hours: Types = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many calls per period."""

    calls: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """All that differs between brokers; every interval is a default that settings may lengthen.

    `find_horizon` is how far back an order can be looked up by our id, None for ever.
    `absence_settles` is how long after the last moment of sending an order that is not found by our
    id was never placed; None where not finding it proves nothing, so that only a person may say so.
    `tells_our_ids`: an order is told with the id that we gave it; else it is known by what it says.
    `asks_for_prices`: they are not pushed but asked for again and again, so only while watched.
    `proof` is by the path of a field in here: `trades.EQUITY`, `replacing`, `pushes.ORDERS`.
    """

    trades: Mapping[AssetClass, Trades]
    preview: PreviewBy
    replacing: Replacing
    pushes: frozenset[Pushed]
    rate: Rate
    poll_open_every: timedelta = timedelta(seconds=3)
    poll_every: timedelta = timedelta(seconds=15)
    sync_every: timedelta = timedelta(minutes=5)
    market_hours_only: bool = False
    asks_for_prices: bool = False
    tells_our_ids: bool = True
    find_horizon: timedelta | None = None
    absence_settles: timedelta | None = None
    proof: Mapping[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a ticket cannot be taken, and what could be."""

    code: ErrorCode
    field: str
    message: str


def objections(ticket: Ticket, capabilities: Capabilities) -> tuple[Objection, ...]:
    """Everything that this broker could not take; empty if it may be sent."""
    found = tuple(_objections(ticket.terms, ticket.instrument.asset_class, capabilities))
    return found or tuple(_exits_missing(ticket))


def _exits_missing(ticket: Ticket) -> Iterator[Objection]:
    """A bracket has both exits, an OTO one of them, an OCO its stop, anything else none."""
    exits = ticket.exits or Exits()
    given = (exits.take_profit is not None, exits.stop_loss is not None)
    allowed = _EXITS.get(ticket.terms.order_class, frozenset({(False, False)}))
    if given not in allowed:
        yield _invalid("orderClass", f"these are not the exits of a {ticket.terms.order_class}")
    for name, price in (
        ("takeProfitPrice", exits.take_profit),
        ("stopLossPrice", exits.stop_loss),
        ("stopLossLimitPrice", exits.stop_limit),
    ):
        if price is not None and price <= 0:
            yield _invalid(name, f"{name} must be more than zero")
    if exits.stop_limit is not None and exits.stop_loss is None:
        yield _invalid("stopLossLimitPrice", "it limits a stop, which is missing")


def _objections(
    terms: Terms, asset_class: AssetClass, capabilities: Capabilities
) -> Iterator[Objection]:
    yield from _malformed(terms)
    trades = capabilities.trades.get(asset_class)
    if trades is None:
        yield _unsupported("instrument", f"{asset_class} is not traded here", capabilities.trades)
        return
    if terms.order_class not in trades.classes:
        yield _unsupported("orderClass", f"{terms.order_class} is not taken", trades.classes)
    for when, allowed in _tables(terms, trades):
        if terms.type not in allowed:
            yield _unsupported("type", f"{terms.type} is not taken{when}", allowed)
        elif terms.time_in_force not in allowed[terms.type]:
            message = f"{terms.type} orders do not live {terms.time_in_force}{when}"
            yield _unsupported("timeInForce", message, allowed[terms.type])
    yield from _uncombined(terms, trades)


def _tables(terms: Terms, trades: Trades) -> Iterator[tuple[str, Types]]:
    """Each table that an order has to be in, under what it is for; one that repeats is left out."""
    if terms.extended_hours:
        yield " in extended hours", trades.extended_hours
    elif terms.order_class not in trades.class_types:
        yield "", trades.types
    if terms.order_class in trades.class_types:
        yield f" as {terms.order_class}", trades.class_types[terms.order_class]
    if terms.notional is not None and trades.notional and trades.notional_types is not None:
        yield " for an amount of money", trades.notional_types
    if _is_fraction(terms) and trades.fractional and trades.fractional_types is not None:
        yield " for a fraction", trades.fractional_types


def _uncombined(terms: Terms, trades: Trades) -> Iterator[Objection]:
    """What goes with no order here, or not with a contingent one."""
    contingent = terms.order_class in _EXITS
    if terms.notional is not None and (contingent or not trades.notional):
        yield _unsupported("notional", "an amount of money is not taken", ["quantity"])
    if _is_fraction(terms) and not (
        trades.fractional_contingent if contingent else trades.fractional
    ):
        yield _unsupported("quantity", "fractions are not taken", ["whole units"])
    if terms.extended_hours and contingent:
        message = f"{terms.order_class} is not taken in extended hours"
        yield _unsupported("orderClass", message, trades.classes - _EXITS.keys())


def _is_fraction(terms: Terms) -> bool:
    quantity = terms.quantity
    return quantity is not None and quantity != quantity.to_integral_value()


def _malformed(terms: Terms) -> Iterator[Objection]:
    """What no broker could take."""
    if (terms.quantity is None) == (terms.notional is None):
        yield _invalid("quantity", "give either a quantity or a notional")
    amounts = {
        "quantity": terms.quantity,
        "notional": terms.notional,
        "trailAmount": terms.trail_amount,
        "trailPercent": terms.trail_percent,
    }
    for name, amount in amounts.items():
        if amount is not None and amount <= 0:
            yield _invalid(name, f"{name} must be more than zero")
    if terms.type in _NEEDS_LIMIT and terms.limit_price is None:
        yield _invalid("limitPrice", f"a {terms.type} order needs a limit price")
    if terms.type in _NEEDS_STOP and terms.stop_price is None:
        yield _invalid("stopPrice", f"a {terms.type} order needs a stop price")
    trails = (terms.trail_amount is not None) + (terms.trail_percent is not None)
    if trails != (1 if terms.type in _TRAILS else 0):
        yield _invalid(
            "trailAmount", "a trailing stop takes one of amount and percent, others none"
        )


# Whether it takes profit, whether it stops losses.
_EXITS = {
    OrderClass.BRACKET: frozenset({(True, True)}),
    OrderClass.OTO: frozenset({(True, False), (False, True)}),
    OrderClass.OCO: frozenset({(False, True)}),
}
_NEEDS_LIMIT = frozenset(
    {
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.TRAILING_STOP_LIMIT,
        OrderType.LIMIT_IF_TOUCHED,
    }
)
_NEEDS_STOP = frozenset(
    {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.TRAILING_STOP_LIMIT,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.LIMIT_IF_TOUCHED,
    }
)
_TRAILS = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})


def _invalid(field_name: str, message: str) -> Objection:
    return Objection(code=ErrorCode.INVALID_TICKET, field=field_name, message=message)


def _unsupported(field_name: str, message: str, taken: Iterable[str]) -> Objection:
    choices = ", ".join(sorted(str(choice) for choice in taken))
    return Objection(
        code=ErrorCode.UNSUPPORTED_CAPABILITY,
        field=field_name,
        message=f"{message}; possible: {choices or 'nothing'}",
    )
