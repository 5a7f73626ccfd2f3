"""What clients send to trade: tickets, as they become drafts."""

from datetime import datetime
from decimal import Decimal

import strawberry

from domain.errors import ErrorCode, Problem
from domain.ids import AccountId
from domain.instrument import AssetClass, named
from domain.instrument import Instrument as InstrumentValue
from domain.order import (
    Leg,
    OrderClass,
    OrderSide,
    OrderType,
    PositionEffect,
    Terms,
    TimeInForce,
)
from domain.ticket import Exits
from graph.accounts import account_key
from graph.context import Context
from graph.positions import instrument_key
from trading.wanted import Draft

MOST_LEGS = 8


@strawberry.input(description="An instrument by its id, or by asset class and canonical symbol.")
class InstrumentInput:
    """Exactly one of the two ways."""

    id: strawberry.ID | None = strawberry.field(default=None, description="From this API.")
    asset_class: AssetClass | None = strawberry.field(
        default=None, description="EQUITY, OPTION or CRYPTO, with a symbol."
    )
    symbol: str | None = strawberry.field(
        default=None, description="Ticker, OCC symbol or BASE/QUOTE, in capitals."
    )


@strawberry.input(description="One instrument of a multi-leg order.")
class LegInput:
    """Becomes a Leg."""

    instrument: InstrumentInput = strawberry.field(description="What to trade.")
    side: OrderSide = strawberry.field(description="Which way.")
    ratio: Decimal = strawberry.field(
        default=Decimal(1), description="Units of it per unit of the order."
    )
    effect: PositionEffect | None = strawberry.field(
        default=None, description="Whether it opens or closes."
    )


@strawberry.input(description="One order to be placed: a quantity or a notional.")
class TicketInput:
    """Becomes a Draft."""

    account_id: strawberry.ID = strawberry.field(description="The account to trade for.")
    instrument: InstrumentInput | None = strawberry.field(
        default=None, description="What to trade; left out for a multi-leg order."
    )
    side: OrderSide = strawberry.field(description="Which way.")
    type: OrderType = strawberry.field(description="How it is priced.")
    time_in_force: TimeInForce = strawberry.field(description="How long it lives.")
    quantity: Decimal | None = strawberry.field(default=None, description="Units.")
    notional: Decimal | None = strawberry.field(default=None, description="Money.")
    limit_price: Decimal | None = strawberry.field(
        default=None, description="The worst price per unit; net of all legs for multi-leg orders."
    )
    stop_price: Decimal | None = strawberry.field(
        default=None, description="The price that sets it off."
    )
    trail_amount: Decimal | None = strawberry.field(
        default=None, description="How far its stop trails, in money."
    )
    trail_percent: Decimal | None = strawberry.field(
        default=None, description="How far its stop trails, in percent."
    )
    extended_hours: bool = strawberry.field(
        default=False, description="Whether it works outside of the session."
    )
    effect: PositionEffect | None = strawberry.field(
        default=None, description="Whether it opens or closes."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends, for GTD."
    )
    order_class: OrderClass = strawberry.field(
        default=OrderClass.SIMPLE, description="BRACKET, OTO or OCO for an order with exits."
    )
    take_profit_price: Decimal | None = strawberry.field(
        default=None, description="Limit of the exit that takes the profit; an OCO is it itself."
    )
    stop_loss_price: Decimal | None = strawberry.field(
        default=None, description="What sets off the exit that stops the loss."
    )
    stop_loss_limit_price: Decimal | None = strawberry.field(
        default=None, description="Limit of that exit; at the market if left out."
    )
    legs: list[LegInput] = strawberry.field(
        default_factory=list, description="The parts of a multi-leg order, 2 to 8."
    )


def account_of(context: Context, id: str) -> AccountId:
    """An account that the viewer may trade; what is out of the allowance does not exist."""
    key, allowed = account_key(id), context.viewer.accounts
    if not key or (allowed is not None and key not in allowed):
        raise Problem(ErrorCode.NOT_FOUND, "no such account", field="accountId")
    return key


async def instrument_of(context: Context, given: InstrumentInput) -> InstrumentValue:
    """The instrument that is meant; Problem if it is none or could be several."""
    by_name = given.asset_class is not None and given.symbol is not None
    if (given.id is not None) == by_name:
        message = "name the instrument by its id, or by asset class and symbol"
        raise Problem(ErrorCode.BAD_INPUT, message, field="instrument")
    found = None
    if given.asset_class is not None and given.symbol is not None:
        found = named(given.asset_class, given.symbol)
    elif (key := instrument_key(given.id)) is not None:
        reads = context.services.reads
        found = await reads.instrument(context.viewer.user_id, key)
        if found is None:
            asset_class, _, symbol = key.partition(":")
            known = asset_class in AssetClass.__members__
            found = named(AssetClass(asset_class), symbol.removesuffix(":USD")) if known else None
    if found is None:
        raise Problem(
            ErrorCode.INSTRUMENT_NOT_FOUND,
            "no such instrument; write the symbol as the exchange does: AAPL, BTC/USD",
            field="instrument",
        )
    return found


async def draft_of(context: Context, ticket: TicketInput) -> Draft:
    """The order that a ticket asks for."""
    legs = tuple([await _leg(context, leg) for leg in ticket.legs])
    if (ticket.instrument is None) != bool(legs) or len(legs) == 1 or len(legs) > MOST_LEGS:
        message = f"give an instrument, or 2 to {MOST_LEGS} legs"
        raise Problem(ErrorCode.BAD_INPUT, message, field="instrument")
    if ticket.instrument is not None:
        instrument = await instrument_of(context, ticket.instrument)
    else:
        instrument = _combination(legs)
    return Draft(instrument=instrument, terms=_terms(ticket), legs=legs, exits=_exits(ticket))


def _exits(ticket: TicketInput) -> Exits | None:
    exits = Exits(
        take_profit=ticket.take_profit_price,
        stop_loss=ticket.stop_loss_price,
        stop_limit=ticket.stop_loss_limit_price,
    )
    return None if exits == Exits() else exits


def _terms(ticket: TicketInput) -> Terms:
    return Terms(
        side=ticket.side,
        type=ticket.type,
        time_in_force=ticket.time_in_force,
        order_class=OrderClass.MULTI_LEG if ticket.legs else ticket.order_class,
        quantity=ticket.quantity,
        notional=ticket.notional,
        limit_price=ticket.limit_price,
        stop_price=ticket.stop_price,
        trail_amount=ticket.trail_amount,
        trail_percent=ticket.trail_percent,
        extended_hours=ticket.extended_hours,
        effect=ticket.effect,
        expires_at=ticket.expires_at,
    )


async def _leg(context: Context, leg: LegInput) -> Leg:
    if leg.ratio <= 0:
        raise Problem(ErrorCode.INVALID_TICKET, "a ratio is more than zero", field="legs")
    instrument = await instrument_of(context, leg.instrument)
    return Leg(instrument=instrument, side=leg.side, ratio=leg.ratio, effect=leg.effect)


def _combination(legs: tuple[Leg, ...]) -> InstrumentValue:
    """What a multi-leg order trades: the underlying of its legs."""
    traded = [leg.instrument for leg in legs]
    roots = {each.option.underlying if each.option else each.symbol for each in traded}
    return InstrumentValue(
        asset_class=AssetClass.MULTI_LEG,
        symbol="+".join(sorted(roots)),
        currency=traded[0].currency,
        multiplier=traded[0].multiplier,
    )
