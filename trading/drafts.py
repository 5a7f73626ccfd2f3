"""How a wish becomes the terms of an order, given the books of the moment. Pure."""

from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal

from domain.account import Environment
from domain.books import Books, Market, Stale, held
from domain.capabilities import Capabilities
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, InstrumentId, OrderId, UserId
from domain.instrument import AssetClass, Instrument
from domain.intent import IntentKind, fingerprint
from domain.order import OrderSide, OrderType, PositionEffect, Terms, TimeInForce
from domain.preview import check_token
from domain.risk import Held, closable
from trading.wanted import Draft

_LIVES = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """New terms of a working order; what is None stays. The quantity is that of the whole order."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    time_in_force: TimeInForce | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What whoever places an order has to show of having looked first.

    `in_person`: signed in by a browser, not by a program's token.
    """

    secret: bytes
    user: UserId
    token: str | None
    in_person: bool


def place_body(account: AccountId, draft: Draft) -> str:
    """What makes a request for an order the same request again."""
    legs = [{**asdict(leg), "instrument": leg.instrument.id} for leg in draft.legs]
    body: dict[str, object] = {
        "account": account,
        "instrument": draft.instrument.id,
        "terms": asdict(draft.terms),
        "legs": legs,
    }
    if draft.exits is not None:
        body["exits"] = asdict(draft.exits)
    return fingerprint(IntentKind.PLACE, body)


def check_looked(books: Books, looked: Looked, body: str) -> None:
    """A preview that was given must be of this order; PREVIEW_REQUIRED if none was and must be."""
    if looked.token is not None:
        check_token(looked.secret, looked.user, body, looked.token, books.now)
        return
    chosen = [s.limits.require_preview for s in books.spans if s.limits is not None]
    told = [each for each in chosen if each is not None]
    live = books.account.environment is Environment.LIVE
    if any(told) if told else (live and looked.in_person):
        raise Problem(ErrorCode.PREVIEW_REQUIRED, "preview the order first", field="previewToken")


def replacing(books: Books, order_id: OrderId, changes: Changes) -> Draft:
    """The working order with its new terms."""
    order = next((each for each in books.orders if each.id == order_id), None)
    if order is None:
        raise Problem(ErrorCode.CONFLICT, "the order is not open any more", field="orderId")
    if any(i.replaces == order_id and not i.state.definite for i in books.intents):
        raise Problem(ErrorCode.CONFLICT, "it is being replaced already", field="orderId")
    given = {f.name: getattr(changes, f.name) for f in fields(changes)}
    terms = replace(order.terms, **{name: new for name, new in given.items() if new is not None})
    if terms == order.terms:
        raise Problem(ErrorCode.BAD_INPUT, "nothing would change", field="orderId")
    if terms.quantity is not None and terms.quantity <= order.filled_quantity:
        message = f"{order.filled_quantity} have filled already; cancel it instead"
        raise Problem(ErrorCode.INVALID_TICKET, message, field="quantity")
    return Draft(instrument=order.instrument, terms=terms, legs=order.legs, replaces=order_id)


def closing(
    books: Books, held_as: InstrumentId, quantity: Decimal | None, able: Capabilities
) -> Draft:
    """A market order that brings the holding to zero, or by `quantity` nearer to it.

    Raises Stale unless the holding is fresh, and NOTHING_TO_CLOSE if working orders would close it.
    """
    if not books.fresh:
        raise Stale
    own = held(books, frozenset({books.account.id}), Market())
    now = own.get(held_as, Held())
    side = OrderSide.SELL if now.quantity > 0 else OrderSide.BUY
    most = closable(now, side)
    if most <= 0 or (quantity is not None and quantity > most):
        message = f"{most} can be closed of {now.quantity}; orders that work count as filled"
        raise Problem(ErrorCode.NOTHING_TO_CLOSE, message, field="quantity")
    instrument = _traded(books, held_as)
    option = instrument.asset_class is AssetClass.OPTION
    terms = Terms(
        side=side,
        type=OrderType.MARKET,
        time_in_force=_lives(instrument, able),
        quantity=most if quantity is None else quantity,
        effect=PositionEffect.CLOSE if option else None,
    )
    return Draft(instrument=instrument, terms=terms)


def _traded(books: Books, held_as: InstrumentId) -> Instrument:
    """What is ordered to trade a holding: of a coin its pair."""
    holding = next(
        change.holding
        for change in books.holdings
        if change.account_id == books.account.id and change.holding.instrument.held_as == held_as
    )
    instrument = holding.instrument
    if instrument.asset_class is AssetClass.CRYPTO and "/" not in instrument.symbol:
        return replace(instrument, symbol=f"{instrument.symbol}/{holding.currency}")
    return instrument


def _lives(instrument: Instrument, able: Capabilities) -> TimeInForce:
    """The first of the usual ones in which a market order of it is taken."""
    trades = able.trades.get(instrument.asset_class)
    taken = trades.types.get(OrderType.MARKET, frozenset()) if trades else frozenset()
    return next((each for each in _LIVES if each in taken), TimeInForce.DAY)
