"""An order as E*TRADE lists it, and as it repeats it in a preview."""

from decimal import Decimal
from typing import Any

from sandbox import family
from sandbox.account import Account
from sandbox.etrade import words
from sandbox.etrade.people import Numbers
from sandbox.etrade.words import figure, milliseconds
from sandbox.market import Market
from sandbox.orders import Contingency, Order, OrdStatus, OrdType, Side, Ticket, TimeInForce

_TERM = {time: word for word, time in words.TERM.items()} | {
    TimeInForce.AT_THE_OPENING: "GOOD_FOR_DAY",
    TimeInForce.AT_THE_CLOSE: "GOOD_FOR_DAY",
}
_PRICE_TYPE = {
    pair: word for word, pair in words.PRICE_TYPE.items() if not word.startswith(("NET", "TRAIL"))
}
_ACTION = {
    "EQ": {pair: word for word, pair in words.SHARES.items()},
    "OPTN": {pair: word for word, pair in words.OPTIONS.items()},
    "MF": {pair: word for word, pair in words.FUNDS.items()},
}
_COMBINED = {2: "SPREADS", 3: "BUTTERFLY", 4: "IRON_CONDOR"}


def listed(account: Account, market: Market, order: Order, numbers: Numbers) -> dict[str, Any]:
    """One row of the list of orders."""
    parts = _parts(account, order)
    detail = {
        "placedTime": milliseconds(order.created),
        "orderValue": figure(sum((_worth(market, one) for one in parts), Decimal(0))),
        "status": words.STATUS[order.status],
        **terms(order.ticket),
        "Instrument": [_instrument(market, one) for one in parts],
    }
    if order.status is OrdStatus.FILLED:
        detail["executedTime"] = milliseconds(order.updated)
    if order.replaces is not None:
        detail["replacesOrderId"] = numbers.of(order.replaces)
    if order.status is OrdStatus.REPLACED and order.replaced_by is not None:
        detail["replacedByOrderId"] = numbers.of(order.replaced_by)
    if order.text:
        detail["messages"] = {"Message": [{"description": order.text, "code": 0, "type": "ERROR"}]}
    return {
        "orderId": numbers.of(order.id),
        "orderType": kind(market, order.ticket),
        "OrderDetail": [detail],
        "Events": {"Event": _events(account, market, order)},
    }


def terms(ticket: Ticket) -> dict[str, Any]:
    """What was asked, in E*TRADE's words; zero stands for no price."""
    trail = ticket.trail_amount if ticket.trail_amount is not None else ticket.trail_percent
    word = price_type(ticket)
    found = {
        "orderTerm": _TERM.get(ticket.time_in_force, "GOOD_FOR_DAY"),
        "priceType": word,
        "limitPrice": abs(ticket.limit_price or Decimal(0)),
        "stopPrice": ticket.stop_price or Decimal(0),
        "marketSession": "EXTENDED" if ticket.extended_hours else "REGULAR",
        "allOrNone": False,
        "netPrice": 0,
        "gcd": 0,
        "ratio": "",
    }
    return found | ({} if trail is None else {"offsetType": word, "offsetValue": trail})


def price_type(ticket: Ticket) -> str:
    """The word for how it is priced."""
    if ticket.contingency is Contingency.MULTILEG:
        if ticket.type is OrdType.MARKET:
            return "MARKET"
        net = ticket.limit_price or Decimal(0)
        return "NET_EVEN" if net == 0 else ("NET_DEBIT" if net > 0 else "NET_CREDIT")
    if ticket.type is OrdType.TRAILING_STOP:
        return "TRAILING_STOP_CNST" if ticket.trail_percent is None else "TRAILING_STOP_PRCT"
    auction = {TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE}
    lives = ticket.time_in_force if ticket.time_in_force in auction else None
    return _PRICE_TYPE.get((ticket.type, lives), "MARKET")


def kind(market: Market, ticket: Ticket) -> str:
    """The type of order."""
    if ticket.contingency is Contingency.MULTILEG:
        return _COMBINED.get(len(ticket.legs), "SPREADS")
    return words.SECURITY_TYPE.get(market.instruments[ticket.symbol].kind, "EQ")


def asked(market: Market, ticket: Ticket) -> list[dict[str, Any]]:
    """The instruments of an order that is not placed yet."""
    return [_named(market, one) | _amount(one) for one in (ticket.legs or (ticket,))]


def _parts(account: Account, order: Order) -> list[Order]:
    if order.ticket.contingency is Contingency.MULTILEG:
        return family.legs(account, order)
    return [order]


def _events(account: Account, market: Market, order: Order) -> list[dict[str, Any]]:
    """That it was placed, and each execution with what it filled itself."""
    placed = {"name": "ORDER_PLACED", "dateTime": milliseconds(order.created)}
    fills = [one for one in account.executions.values() if one.order_id == order.id]
    return [placed] + [
        {
            "name": "ORDER_EXECUTED",
            "dateTime": milliseconds(one.at),
            "Instrument": [
                _named(market, order.ticket)
                | {"filledQuantity": one.quantity, "averageExecutionPrice": one.price}
            ],
        }
        for one in sorted(fills, key=lambda one: one.cumulative)
    ]


def _instrument(market: Market, order: Order) -> dict[str, Any]:
    found = _named(market, order.ticket) | _amount(order.ticket)
    if "quantity" in found:
        found["orderedQuantity"] = found.pop("quantity")
    found |= {"filledQuantity": order.filled, "estimatedCommission": Decimal(0)}
    if order.average_price is not None:
        found["averageExecutionPrice"] = figure(order.average_price)
    return found


def _named(market: Market, ticket: Ticket) -> dict[str, Any]:
    instrument = market.instruments[ticket.symbol]
    product = words.product(instrument)
    actions = _ACTION[product["securityType"]]
    # What was placed by another way does not say whether it opens.
    opens = ticket.side is Side.BUY if ticket.opens is None else ticket.opens
    return {
        "Product": product,
        "symbolDescription": instrument.name,
        "orderAction": actions.get(
            (ticket.side, opens), actions[ticket.side, ticket.side is Side.BUY]
        ),
    }


def _amount(ticket: Ticket) -> dict[str, Any]:
    if ticket.quantity is None:
        return {"quantityType": "DOLLAR", "quantity": ticket.cash_quantity}
    return {"quantityType": "QUANTITY", "quantity": ticket.quantity}


def _worth(market: Market, order: Order) -> Decimal:
    if order.ticket.cash_quantity is not None:
        return order.ticket.cash_quantity
    instrument = market.instruments[order.ticket.symbol]
    price = order.ticket.limit_price or market.quotes[order.ticket.symbol].last
    return (order.ticket.quantity or Decimal(0)) * price * instrument.multiplier
