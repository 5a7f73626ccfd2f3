"""Orders: create, preview, edit, cancel."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import matching, rules
from sandbox.account import Account
from sandbox.answering import reply
from sandbox.coinbase import tickets, words
from sandbox.coinbase.access import body, require_trade
from sandbox.coinbase.errors import failure, invalid, not_found, order_failure
from sandbox.coinbase.words import number, worked_out
from sandbox.exchange import Exchange
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from sandbox.rules import Reason, Rejected

_ROOT = "/api/v3/brokerage/orders"
MOST_CANCELED = 100
_FAILED = "UNKNOWN_FAILURE_REASON"
_DONE = "UNKNOWN_CANCEL_FAILURE_REASON"
_EDIT = {
    Reason.UNKNOWN_ORDER: "ORDER_NOT_FOUND",
    Reason.TOO_LATE: "ONLY_OPEN_ORDERS_CAN_BE_EDITED",
    Reason.PRICE_INCREMENT: "INVALID_EDITED_PRICE",
    Reason.INVALID: "INVALID_EDITED_SIZE",
}


class Orders:
    """The routes of orders."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.post(_ROOT, self.place),
            web.post(f"{_ROOT}/preview", self.preview),
            web.post(f"{_ROOT}/edit", self.edit),
            web.post(f"{_ROOT}/edit_preview", self.edit_preview),
            web.post(f"{_ROOT}/batch_cancel", self.cancel),
        ]

    async def place(self, request: web.Request) -> web.Response:
        """Accept an order, or say why not with HTTP 200; a known client id is that order again."""
        account, asked = require_trade(request), await body(request)
        client_id = asked.get("client_order_id")
        if not isinstance(client_id, str) or not client_id:
            raise invalid("client_order_id is required")
        known = next((one for one in account.orders.values() if one.client_id == client_id), None)
        try:
            ticket = tickets.read(asked, account, self._exchange.market)
            order = known or self._exchange.submit(account, ticket)
        except Rejected as error:
            return reply(_refused(asked, error))
        return reply(
            {
                "success": True,
                "failure_reason": _FAILED,
                "order_id": order.id,
                "success_response": {
                    "order_id": order.id,
                    "product_id": words.product_id(order.ticket.symbol),
                    "side": order.ticket.side.value,
                    "client_order_id": order.client_id,
                    "attached_order_id": "",
                },
                "order_configuration": tickets.configuration(order.ticket),
            }
        )

    async def preview(self, request: web.Request) -> web.Response:
        """What it would cost; `errs` says why it would not be taken."""
        account, errors = require_trade(request), []
        asked = await body(request)
        ticket = tickets.read({**asked, "client_order_id": ""}, account, self._exchange.market)
        try:
            rules.check(account, self._exchange.market, self._exchange.draft(account, ticket))
        except Rejected as error:
            errors.append(f"PREVIEW_{order_failure(error)['error']}")
        return reply({**self._costs(account, ticket), "errs": errors, "warning": []})

    async def edit(self, request: web.Request) -> web.Response:
        """Accept another price and size of a GTC limit order, under its own id."""
        account, asked = require_trade(request), await body(request)
        reason = self._edit(account, asked)
        errors = [{"edit_failure_reason": reason}] if reason else []
        return reply({"success": reason is None, "errors": errors})

    async def edit_preview(self, request: web.Request) -> web.Response:
        """What an edit would cost."""
        account, asked = require_trade(request), await body(request)
        order = account.orders.get(str(asked.get("order_id")))
        if order is None:
            raise not_found("order")
        ticket = replace(order.ticket, **_edited(asked))
        return reply({**self._costs(account, ticket), "errors": []})

    async def cancel(self, request: web.Request) -> web.Response:
        """Ask for cancels; each has a result of its own."""
        account, asked = require_trade(request), (await body(request)).get("order_ids")
        if not isinstance(asked, list) or not 0 < len(asked) <= MOST_CANCELED:
            raise invalid(f"between 1 and {MOST_CANCELED} order_ids are required")
        return reply({"results": [self._cancel(account, str(one)) for one in asked]})

    def _cancel(self, account: Account, order_id: str) -> dict[str, Any]:
        result = {"success": True, "failure_reason": _DONE, "order_id": order_id}
        try:
            self._exchange.cancel(account, order_id)
        except Rejected as error:
            unknown = error.reason is Reason.UNKNOWN_ORDER
            word = "UNKNOWN_CANCEL_ORDER" if unknown else "COMMANDER_REJECTED_CANCEL_ORDER"
            return result | {"success": False, "failure_reason": word}
        return result

    def _edit(self, account: Account, asked: dict[str, Any]) -> str | None:
        """Why it was not edited, None if it was."""
        try:
            order = self._exchange.order(account, str(asked.get("order_id")))
            ticket, terms = order.ticket, _edited(asked)
            kind = (ticket.type, ticket.time_in_force)
            if kind != (OrdType.LIMIT, TimeInForce.GOOD_TILL_CANCEL):
                return "ONLY_LIMIT_ORDER_EDITS_SUPPORTED"
            if order.filled and terms["quantity"] <= order.filled:
                return "CANNOT_EDIT_TO_BELOW_FILLED_SIZE"
            tickets.check_size(terms["quantity"], self._exchange.market.instruments[ticket.symbol])
            self._exchange.amend(account, order.id, **terms)
        except Rejected as error:
            return _EDIT.get(error.reason, "COMMANDER_REJECTED_EDIT_ORDER")
        return None

    def _costs(self, account: Account, ticket: Ticket) -> dict[str, Any]:
        quote = self._exchange.market.quotes[ticket.symbol]
        price = ticket.limit_price or matching.touch(quote, ticket)
        money = ticket.cash_quantity or price * (ticket.quantity or 0)
        fee = account.fee(money / price, price)
        sign = 1 if ticket.side is Side.BUY else -1
        return {
            "order_total": number(money + sign * fee),
            "commission_total": number(fee),
            "quote_size": number(money),
            "base_size": worked_out(money / price),
            "best_bid": number(quote.bid),
            "best_ask": number(quote.ask),
            "average_filled_price": number(price),
            "is_max": False,
            "slippage": "0",
            "preview_id": self._exchange.new_id(),
        }


def _edited(asked: dict[str, Any]) -> dict[str, Any]:
    """Both have to be given: what is left out counts as nothing."""
    size, price = tickets.amount(asked, "size"), tickets.amount(asked, "price")
    return {"quantity": size or Decimal(0), "limit_price": price or Decimal(0)}


def _refused(asked: dict[str, Any], error: Rejected) -> dict[str, Any]:
    said = order_failure(error)
    if error.message == "INVALID_LIMIT_PRICE_POST_ONLY":
        said = failure(error.message, "the order would trade at once")
    return {
        "success": False,
        "failure_reason": _FAILED,
        "order_id": "",
        "error_response": said,
        "order_configuration": asked["order_configuration"],
    }
