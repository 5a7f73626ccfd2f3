"""The library's contracts and orders as our own words."""

from typing import Any

from brokers.ibkr import said
from brokers.wire import clean, rounded


def contract_of(one: Any) -> said.Contract:
    """The library's contract as ours."""
    legs = (
        said.Leg(con_id=leg.conId, ratio=leg.ratio, action=leg.action, open_close=leg.openClose)
        for leg in one.comboLegs or ()
    )
    return said.Contract(
        con_id=int(one.conId or 0),
        symbol=clean(one.symbol),
        sec_type=one.secType,
        last_trade_date=one.lastTradeDateOrContractMonth,
        strike=rounded(one.strike) or None,
        right=one.right,
        multiplier=one.multiplier,
        exchange=one.exchange,
        primary_exchange=one.primaryExchange,
        currency=one.currency,
        local_symbol=clean(one.localSymbol),
        trading_class=one.tradingClass,
        legs=tuple(legs),
    )


def order_of(one: Any) -> said.Order:
    """The library's order as ours."""
    return said.Order(
        order_id=one.orderId,
        client_id=one.clientId,
        perm_id=one.permId,
        account=clean(one.account),
        action=one.action,
        quantity=one.totalQuantity,
        type=one.orderType,
        limit=one.lmtPrice,
        aux=one.auxPrice,
        tif=one.tif,
        oca_group=one.ocaGroup,
        ref=clean(one.orderRef),
        parent_id=one.parentId,
        outside_rth=one.outsideRth,
        good_till=one.goodTillDate,
        trail_stop=one.trailStopPrice,
        trail_percent=one.trailingPercent,
        cash=one.cashQty or None,
        open_close=one.openClose,
        what_if=one.whatIf,
        filled=one.filledQuantity,
    )
