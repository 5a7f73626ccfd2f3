"""What placeOrder asks for, as the exchange's ticket, and the other way round."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.account import Account
from sandbox.ibkr import taken
from sandbox.ibkr.asked import Asked
from sandbox.ibkr.contracts import Catalog, Contract, Query
from sandbox.ibkr.notices import UNKNOWN_CONTRACT, Refusal, invalid
from sandbox.json_text import plain
from sandbox.orders import Contingency, OrdType, Side, Ticket, TimeInForce

TYPES: Mapping[str, OrdType] = {
    "MKT": OrdType.MARKET,
    "LMT": OrdType.LIMIT,
    "STP": OrdType.STOP,
    "STP LMT": OrdType.STOP_LIMIT,
    "TRAIL": OrdType.TRAILING_STOP,
    "TRAIL LIMIT": OrdType.TRAILING_STOP_LIMIT,
    "MIT": OrdType.MARKET_IF_TOUCHED,
    "LIT": OrdType.LIMIT_IF_TOUCHED,
}
_AT_THE_CLOSE = {"MOC": OrdType.MARKET, "LOC": OrdType.LIMIT}
TIMES: Mapping[str, TimeInForce] = {
    "": TimeInForce.DAY,
    "DAY": TimeInForce.DAY,
    "GTC": TimeInForce.GOOD_TILL_CANCEL,
    "GTD": TimeInForce.GOOD_TILL_DATE,
    "IOC": TimeInForce.IMMEDIATE_OR_CANCEL,
    "FOK": TimeInForce.FILL_OR_KILL,
    "OPG": TimeInForce.AT_THE_OPENING,
}
_LIMITED = frozenset({OrdType.LIMIT, OrdType.STOP_LIMIT, OrdType.LIMIT_IF_TOUCHED})
_STOPPED = frozenset({OrdType.STOP, OrdType.STOP_LIMIT}) | {
    OrdType.MARKET_IF_TOUCHED,
    OrdType.LIMIT_IF_TOUCHED,
}
_TRAILING = frozenset({OrdType.TRAILING_STOP, OrdType.TRAILING_STOP_LIMIT})
_FEWEST_LEGS = 2
_MOST = 10**12
_CHANGEABLE = (
    "type",
    "quantity",
    "limit_price",
    "stop_price",
    "trail_amount",
    "trail_percent",
    "limit_offset",
    "time_in_force",
    "expires",
    "extended_hours",
)


def ticket(asked: Asked, contract: Contract, account: Account, catalog: Catalog) -> Ticket:
    """What the exchange is to do; Refusal on what makes no sense."""
    kind, time = _type(asked), _time(asked)
    taken.check(asked, contract)
    cash = asked.number("cashQty")
    found = Ticket(
        symbol="" if asked.legs else contract.market_symbol,
        side=_side(asked.text("action")),
        type=kind,
        time_in_force=time,
        quantity=None if cash else _quantity(asked),
        cash_quantity=cash or None,
        limit_price=asked.number("lmtPrice") if kind in _LIMITED else None,
        stop_price=_stop(asked, kind),
        trail_amount=_trail_amount(asked, kind),
        trail_percent=asked.number("trailingPercent") if kind in _TRAILING else None,
        limit_offset=_offset(asked) if kind is OrdType.TRAILING_STOP_LIMIT else None,
        expires=_expiry(asked) if time is TimeInForce.GOOD_TILL_DATE else None,
        group=asked.text("ocaGroup"),
        extended_hours=asked.flag("outsideRth"),
        client_id=_reference(asked, account),
    )
    if contract.sec_type == "IND":
        raise Refusal(201, "Order rejected - reason:The contract is not available for trading.")
    return _combination(found, asked, catalog) if asked.legs else found


def asked_elsewhere(ticket: Ticket, contract: Contract, account: Account) -> Asked:
    """How the Gateway describes an order that was placed by hand."""
    kinds = {kind: word for word, kind in TYPES.items()}
    times = {time: word for word, time in TIMES.items() if word}
    return Asked(
        order_id=0,
        query=Query(con_id=str(contract.con_id), exchange=contract.routed),
        terms={
            "action": ticket.side.value,
            "totalQuantity": _said(ticket.quantity),
            "orderType": kinds[ticket.type],
            "lmtPrice": _said(ticket.limit_price),
            "auxPrice": _said(ticket.trail_amount or ticket.stop_price),
            "trailingPercent": _said(ticket.trail_percent),
            "tif": times.get(ticket.time_in_force, "DAY"),
            "account": account.number,
            "ocaGroup": ticket.group,
        },
    )


def changes(new: Ticket) -> dict[str, object]:
    """The terms that a modification may change."""
    return {name: getattr(new, name) for name in _CHANGEABLE}


def _said(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _quantity(asked: Asked) -> Decimal | None:
    found = asked.number("totalQuantity")
    if found is not None and found > _MOST:
        raise invalid("The size value is too large")
    return found


def _side(word: str) -> Side:
    if word not in {"BUY", "SELL"}:
        raise invalid("Invalid action")
    return Side(word)


def _type(asked: Asked) -> OrdType:
    word = asked.text("orderType")
    found = TYPES.get(word) or _AT_THE_CLOSE.get(word)
    if found is None:
        raise invalid("Invalid order type was entered.")
    return found


def _time(asked: Asked) -> TimeInForce:
    if asked.text("orderType") in _AT_THE_CLOSE:
        return TimeInForce.AT_THE_CLOSE
    word = asked.text("tif")
    if word not in TIMES:
        raise invalid("Invalid time in force")
    return TIMES[word]


def _stop(asked: Asked, kind: OrdType) -> Decimal | None:
    if kind in _TRAILING:
        return asked.number("trailStopPrice")
    return asked.number("auxPrice") if kind in _STOPPED else None


def _trail_amount(asked: Asked, kind: OrdType) -> Decimal | None:
    """A percentage goes before an amount, which clients send as 0 beside it."""
    if kind not in _TRAILING or asked.number("trailingPercent") is not None:
        return None
    return asked.number("auxPrice")


def _offset(asked: Asked) -> Decimal:
    """How far the limit is from the stop: said so, or by both of them."""
    offset, limit, stop = map(asked.number, ("lmtPriceOffset", "lmtPrice", "trailStopPrice"))
    if offset is not None:
        return offset
    if limit is None or stop is None:
        raise invalid("A trailing stop limit order takes a limit offset, or a limit and a stop")
    return abs(limit - stop)


def _expiry(asked: Asked) -> datetime:
    """`20261120 15:30:00 US/Eastern`, `20261120-15:30:00` in UTC, or a day alone."""
    words = asked.text("goodTillDate").replace("-", " ").split()
    zone = "UTC" if "-" in asked.text("goodTillDate") else "US/Eastern"
    day, time, name = (*words, *("", "23:59:59", zone)[len(words) :])[:3]
    try:
        at = datetime.strptime(f"{day} {time}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007  # zoned below
        return at.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError):
        raise Refusal(
            391,
            "The time in force requires a valid good till date.",
        ) from None


def _reference(asked: Asked, account: Account) -> str:
    """The client's reference names the order, unless an older one has it: IB lets it repeat."""
    reference = asked.text("orderRef")
    return "" if reference in account.client_ids else reference


def _combination(head: Ticket, asked: Asked, catalog: Catalog) -> Ticket:
    """A combination that is sold is its opposite, bought for the negative price."""
    sold = head.side is Side.SELL
    if head.type not in {OrdType.MARKET, OrdType.LIMIT} or len(asked.legs) < _FEWEST_LEGS:
        raise invalid("Invalid order type was entered.")
    legs = []
    for one in asked.legs:
        contract = catalog.by_id.get(one.con_id)
        if contract is None:
            raise Refusal(UNKNOWN_CONTRACT.code, UNKNOWN_CONTRACT.message)
        side = _side(one.action)
        legs.append(
            Ticket(
                symbol=contract.market_symbol,
                side=side.opposite if sold else side,
                quantity=(head.quantity or Decimal(0)) * one.ratio,
                ratio=one.ratio,
                time_in_force=head.time_in_force,
            )
        )
    limit = head.limit_price
    return replace(
        head,
        side=Side.BUY,
        limit_price=-limit if sold and limit is not None else limit,
        contingency=Contingency.MULTILEG,
        legs=tuple(legs),
    )
