"""What can be ordered of an instrument, and why the rest cannot: a ticket dialog as data."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from domain.capabilities import Capabilities, Objection, objections
from domain.errors import ErrorCode
from domain.instrument import Instrument
from domain.money import EXACT, plain
from domain.order import OrderClass, OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Exits, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Increments:
    """What a broker says of ordering one instrument; None is not said.

    `tick` is the smallest step of a price, `lot` of a quantity, `minimum` the smallest quantity.
    """

    tradable: bool | None = None
    fractional: bool | None = None
    shortable: bool | None = None
    tick: Decimal | None = None
    lot: Decimal | None = None
    minimum: Decimal | None = None


def between_steps(
    terms: Terms, exits: Exits | None, increments: Increments
) -> tuple[Objection, ...]:
    """Every price and quantity that is known to fall between the steps that are taken."""
    out = exits or Exits()
    prices = {
        "limitPrice": terms.limit_price,
        "stopPrice": terms.stop_price,
        "trailAmount": terms.trail_amount,
        "takeProfitPrice": out.take_profit,
        "stopLossPrice": out.stop_loss,
        "stopLossLimitPrice": out.stop_limit,
    }
    found = [_between(name, price, increments.tick) for name, price in prices.items()]
    found.append(_between("quantity", terms.quantity, increments.lot))
    found.append(_too_small(terms.quantity, increments.minimum))
    return tuple(each for each in found if each)


def _between(name: str, value: Decimal | None, step: Decimal | None) -> Objection | None:
    if value is None or step is None or step <= 0:
        return None
    rest = EXACT.remainder(value, step)
    if not rest:
        return None
    below = EXACT.subtract(value, rest)
    near = f"{plain(below)} or {plain(EXACT.add(below, step))}"
    message = f"{name} {plain(value)} is between steps of {plain(step)}; possible: {near}"
    return Objection(code=ErrorCode.INVALID_TICKET, field=name, message=message)


def _too_small(quantity: Decimal | None, minimum: Decimal | None) -> Objection | None:
    if quantity is None or minimum is None or quantity >= minimum:
        return None
    message = f"quantity {plain(quantity)} is too small; possible: {plain(minimum)} and more"
    return Objection(code=ErrorCode.INVALID_TICKET, field="quantity", message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One combination; `refusal` says why it is not taken, None if it is."""

    type: OrderType
    time_in_force: TimeInForce
    extended_hours: bool
    refusal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOptions:
    """Of one instrument at one broker; None is not known."""

    tradable: bool | None
    fractional: bool
    notional: bool
    shortable: bool
    order_classes: tuple[OrderClass, ...]
    choices: tuple[Choice, ...]
    market_open: bool
    tick: Decimal | None = None
    lot: Decimal | None = None
    minimum: Decimal | None = None


_TYPES = tuple(each for each in OrderType if each is not OrderType.OTHER)
_TIMES = tuple(each for each in TimeInForce if each is not TimeInForce.OTHER)


def ticket_options(
    instrument: Instrument,
    capabilities: Capabilities,
    *,
    increments: Increments,
    market_open: bool,
) -> TicketOptions:
    """Every combination there is, each tried against the same rules as an order."""
    trades = capabilities.trades.get(instrument.asset_class)
    combinations = product(_TYPES, _TIMES, (False, True))
    return TicketOptions(
        tradable=increments.tradable,
        fractional=_both(trades is not None and trades.fractional, increments.fractional),
        notional=trades is not None and trades.notional,
        shortable=_both(trades is not None and trades.short, increments.shortable),
        tick=increments.tick,
        lot=increments.lot,
        minimum=increments.minimum,
        order_classes=tuple(sorted(trades.classes)) if trades else (),
        market_open=market_open,
        choices=tuple(_choice(instrument, capabilities, *each) for each in combinations),
    )


def _both(of_class: bool, of_this: bool | None) -> bool:  # noqa: FBT001 (two halves of an answer)
    """What the asset class allows and this instrument is not said to forbid."""
    return of_class and of_this is not False


def _choice(
    instrument: Instrument,
    capabilities: Capabilities,
    type: OrderType,
    time_in_force: TimeInForce,
    extended: bool,  # noqa: FBT001 (the third of a product)
) -> Choice:
    one = Decimal(1)
    trails = type in {OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT}
    terms = Terms(
        side=OrderSide.BUY,
        type=type,
        time_in_force=time_in_force,
        quantity=one,
        limit_price=one,
        stop_price=one,
        trail_amount=one if trails else None,
        extended_hours=extended,
        order_class=_plainest(instrument, capabilities),
    )
    ticket = Ticket(account="", client_order_id="", instrument=instrument, terms=terms)
    found = objections(ticket, capabilities)
    return Choice(
        type=type,
        time_in_force=time_in_force,
        extended_hours=extended,
        refusal=found[0].message if found else None,
    )


def _plainest(instrument: Instrument, capabilities: Capabilities) -> OrderClass:
    trades = capabilities.trades.get(instrument.asset_class)
    if trades is None or OrderClass.SIMPLE in trades.classes:
        return OrderClass.SIMPLE
    return min(trades.classes)
