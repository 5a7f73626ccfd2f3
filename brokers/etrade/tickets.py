"""Our tickets as the bodies that E*TRADE takes: previewed, then placed word for word the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokers.etrade import words
from brokers.etrade.symbols import order_type, product_of
from domain.errors import InvalidTicket
from domain.instrument import AssetClass, Instrument
from domain.money import plain, times
from domain.order import Leg, OrderClass, OrderSide, OrderType, PositionEffect, Terms, TimeInForce

# Alphanumerics, and no more of them than this.
_LONGEST_ID = 20
_AT_THE_AUCTION = frozenset({TimeInForce.OPG, TimeInForce.CLS})
_PRICE_TYPE = {
    (kind, lives): word
    for word, (kind, lives) in words.PRICE_TYPE.items()
    if kind not in {OrderType.NET, OrderType.TRAILING_STOP}
}
# "Good till date" has no field for the date.
_TERM = {time: word for word, time in words.TERM.items() if time is not TimeInForce.GTD}
_CLASSES = frozenset({OrderClass.SIMPLE, OrderClass.MULTI_LEG})
_KIND = {
    AssetClass.EQUITY: "EQ",
    AssetClass.ETF: "EQ",
    AssetClass.OPTION: "OPTN",
    AssetClass.MUTUAL_FUND: "MF",
}
_OF_SHARES = {
    (OrderSide.BUY, PositionEffect.OPEN): "BUY",
    (OrderSide.BUY, PositionEffect.CLOSE): "BUY_TO_COVER",
    (OrderSide.SELL, PositionEffect.OPEN): "SELL_SHORT",
    (OrderSide.SELL, PositionEffect.CLOSE): "SELL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order as it is asked: `effect` says whether it opens or closes, which has to be told."""

    instrument: Instrument
    terms: Terms
    effect: PositionEffect
    client_order_id: str
    legs: tuple[Leg, ...] = ()


def wire_id(client_order_id: str) -> str:
    """Our id as E*TRADE takes it: its letters and digits, the last twenty of them."""
    return "".join(c for c in client_order_id if c.isascii() and c.isalnum())[-_LONGEST_ID:]


def previewing(asked: Asked) -> Mapping[str, object]:
    """The body that is previewed."""
    return {"PreviewOrderRequest": _request(asked)}


def placing(asked: Asked, preview_ids: Sequence[str]) -> Mapping[str, object]:
    """The body that is placed: what was previewed, and the ids of the preview."""
    ids = [{"previewId": one} for one in preview_ids]
    return {"PlaceOrderRequest": {**_request(asked), "PreviewIds": ids}}


def canceling(broker_order_id: str) -> Mapping[str, object]:
    """The body of a cancel."""
    return {"CancelOrderRequest": {"orderId": broker_order_id}}


def _request(asked: Asked) -> dict[str, object]:
    """Numbers and truths are strings, as in E*TRADE's own samples; lists are lists."""
    kind, hangs = asked.instrument.asset_class, asked.terms.order_class
    if hangs not in _CLASSES:
        raise InvalidTicket(f"E*TRADE's API takes no {hangs} orders")
    if not asked.legs and (kind not in _KIND or asked.terms.type is OrderType.NET):
        raise InvalidTicket(f"E*TRADE takes no {asked.terms.type} orders for {kind}")
    named = order_type([leg.instrument for leg in asked.legs]) if asked.legs else _KIND[kind]
    return {
        "orderType": named,
        "clientOrderId": wire_id(asked.client_order_id),
        "Order": [_order(asked)],
    }


def _order(asked: Asked) -> dict[str, object]:
    terms = asked.terms
    return {
        "allOrNone": "false",
        "priceType": _price_type(terms),
        "orderTerm": _order_term(terms),
        "marketSession": "EXTENDED" if terms.extended_hours else "REGULAR",
        **_prices(terms),
        **_fund(asked),
        "Instrument": _instruments(asked),
    }


def _price_type(terms: Terms) -> str:
    lives = terms.time_in_force if terms.time_in_force in _AT_THE_AUCTION else None
    if lives is not None and (terms.type, lives) not in _PRICE_TYPE:
        raise InvalidTicket(f"E*TRADE takes no {terms.type} orders that live {lives}")
    if terms.type is OrderType.NET:
        net = terms.limit_price or Decimal(0)
        return "NET_EVEN" if net == 0 else ("NET_DEBIT" if net > 0 else "NET_CREDIT")
    if terms.type is OrderType.TRAILING_STOP:
        return "TRAILING_STOP_CNST" if terms.trail_percent is None else "TRAILING_STOP_PRCT"
    if (terms.type, lives) not in _PRICE_TYPE:
        raise InvalidTicket(f"E*TRADE takes no {terms.type} orders")
    return _PRICE_TYPE[terms.type, lives]


def _order_term(terms: Terms) -> str:
    """Orders for an auction are day orders there."""
    if terms.time_in_force in _AT_THE_AUCTION:
        return _TERM[TimeInForce.DAY]
    if terms.time_in_force not in _TERM:
        raise InvalidTicket(f"E*TRADE takes no orders that live {terms.time_in_force}")
    return _TERM[terms.time_in_force]


def _prices(terms: Terms) -> dict[str, object]:
    trail = terms.trail_amount if terms.trail_amount is not None else terms.trail_percent
    limit = terms.limit_price
    if terms.type is OrderType.NET and limit is not None:
        limit = abs(limit)
    prices = {"limitPrice": limit, "stopPrice": terms.stop_price, "offsetValue": trail}
    found: dict[str, object] = {k: plain(v) for k, v in prices.items() if v is not None}
    return found | ({"offsetType": _price_type(terms)} if trail is not None else {})


def _instruments(asked: Asked) -> list[dict[str, object]]:
    quantity = asked.terms.quantity
    if not asked.legs:
        action = _action(asked.instrument, asked.terms.side, asked.effect)
        return [_line(asked.instrument, action, quantity)]
    if asked.terms.side is not OrderSide.BUY:
        raise InvalidTicket("turn the legs around instead of selling the combination")
    return [_leg(leg, quantity) for leg in asked.legs]


def _leg(leg: Leg, quantity: Decimal | None) -> dict[str, object]:
    if leg.effect is None:
        raise InvalidTicket("E*TRADE asks of each leg whether it opens or closes")
    whole = None if quantity is None else times(quantity, leg.ratio)
    return _line(leg.instrument, _action(leg.instrument, leg.side, leg.effect), whole)


def _line(instrument: Instrument, action: str, quantity: Decimal | None) -> dict[str, object]:
    line: dict[str, object] = {
        "Product": dict(product_of(instrument)),
        "orderAction": action,
        "quantityType": "QUANTITY" if quantity is not None else "DOLLAR",
    }
    return line if quantity is None else line | {"quantity": plain(quantity)}


def _action(instrument: Instrument, side: OrderSide, effect: PositionEffect) -> str:
    match instrument.asset_class:
        case AssetClass.OPTION:
            return f"{side}_{effect}"
        case AssetClass.MUTUAL_FUND:
            return side.value
        case _:
            return _OF_SHARES[side, effect]


def _fund(asked: Asked) -> dict[str, object]:
    """What an order for a mutual fund says besides: money buys, units are sold."""
    if asked.instrument.asset_class is not AssetClass.MUTUAL_FUND:
        return {}
    terms = asked.terms
    found: dict[str, object] = {"mfTransaction": terms.side.value}
    if terms.notional is not None:
        return found | {"investmentAmount": plain(terms.notional), "reInvestOption": "REINVEST"}
    return found | {"positionQuantity": "CASH"}
