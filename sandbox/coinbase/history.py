"""What became of orders: the orders themselves, their fills, and what they cost in fees."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox.account import Account
from sandbox.answering import reply
from sandbox.coinbase import render, words
from sandbox.coinbase.access import ACCOUNT
from sandbox.coinbase.errors import invalid, not_found
from sandbox.coinbase.pages import page
from sandbox.coinbase.words import number
from sandbox.exchange import Exchange
from sandbox.orders import Event, ExecType, Execution, Order

_ROOT = "/api/v3/brokerage/orders/historical"
MOST = 1000


class History:
    """The routes of what was ordered and traded."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._edits: dict[str, list[render.Edit]] = {}
        exchange.listeners.append(self._note_edit)

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get(f"{_ROOT}/batch", self.list),
            web.get(f"{_ROOT}/fills", self.fills),
            web.get(f"{_ROOT}/{{order_id}}", self.show),
            web.get("/api/v3/brokerage/transaction_summary", self.summary),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The orders that the query asks for, newest first."""
        account = request[ACCOUNT]
        found = [one for one in account.orders.values() if _wanted(one, request.query)]
        found.sort(key=lambda one: one.created, reverse=True)
        rows = [self._listed(account, one) for one in found]
        part, cursor = page(rows, request.query, key="order_id", usual=100, most=MOST)
        return reply({"orders": part, "sequence": "0", "has_next": bool(cursor), "cursor": cursor})

    async def show(self, request: web.Request) -> web.Response:
        """One order."""
        account = request[ACCOUNT]
        order = account.orders.get(request.match_info["order_id"])
        if order is None:
            raise not_found("order with this orderID")
        return reply({"order": self._listed(account, order)})

    async def fills(self, request: web.Request) -> web.Response:
        """The executions that the query asks for, newest first; an empty cursor ends them."""
        account, query = request[ACCOUNT], request.query
        found = [one for one in account.executions.values() if _asked_for(one, query)]
        found.sort(key=lambda one: one.at, reverse=True)
        rows = [render.fill(account, one) for one in found]
        part, cursor = page(rows, query, key="entry_id", usual=100, most=MOST)
        return reply({"fills": part, "cursor": cursor})

    async def summary(self, request: web.Request) -> web.Response:
        """Volume and fees."""
        account = request[ACCOUNT]
        traded = list(account.executions.values())
        volume = sum((one.quantity * one.price for one in traded), Decimal(0))
        fees = sum((one.commission for one in traded), Decimal(0))
        tier = {
            "pricing_tier": "Intro 1",
            "usd_from": "0",
            "usd_to": "10000",
            "taker_fee_rate": number(account.fee_rate),
            "maker_fee_rate": number(account.fee_rate),
        }
        return reply(
            {
                "total_volume": volume,
                "total_fees": fees,
                "fee_tier": tier,
                "margin_rate": None,
                "goods_and_services_tax": None,
                "advanced_trade_only_volume": volume,
                "advanced_trade_only_fees": fees,
                "coinbase_pro_volume": 0,
                "coinbase_pro_fees": 0,
                "total_balance": "",
                "has_promo_fee": False,
            }
        )

    def _listed(self, account: Account, order: Order) -> dict[str, Any]:
        fills = executions(account, order.id)
        market = self._exchange.market
        return render.listed(market, order, fills, self._edits.get(order.id, []))

    def _note_edit(self, event: Event) -> None:
        order = event.order
        if event.type is ExecType.REPLACED and order.live:
            edit = render.Edit(order.ticket.limit_price, order.ticket.quantity, event.at)
            self._edits.setdefault(order.id, []).append(edit)


def executions(account: Account, order_id: str) -> Iterator[Execution]:
    """The executions of an order, oldest first."""
    return (one for one in account.executions.values() if one.order_id == order_id)


def _wanted(order: Order, query: Any) -> bool:
    statuses = query.getall("order_status", [])
    if "OPEN" in statuses and len(statuses) > 1:
        raise invalid("OPEN orders cannot be queried with other order statuses")
    return (
        _in(words.STATUS[order.status], statuses)
        and _in(order.id, query.getall("order_ids", []))
        and _in(words.product_id(order.ticket.symbol), query.getall("product_ids", []))
        and _between(order.created, query.get("start_date"), query.get("end_date"))
    )


def _asked_for(execution: Execution, query: Any) -> bool:
    start, end = query.get("start_sequence_timestamp"), query.get("end_sequence_timestamp")
    ids = [*query.getall("order_ids", []), *query.getall("order_id", [])]
    return (
        _in(execution.order_id, ids)
        and _in(words.product_id(execution.symbol), query.getall("product_ids", []))
        and _between(execution.at, start, end)
    )


def _in(word: str, asked: Iterable[str]) -> bool:
    chosen = list(asked)
    return not chosen or word in chosen


def _between(at: datetime, start: str | None, end: str | None) -> bool:
    return (start is None or at >= _moment(start)) and (end is None or at < _moment(end))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("not a time") from None
    if found.tzinfo is None:
        raise invalid("not a time")
    return found
