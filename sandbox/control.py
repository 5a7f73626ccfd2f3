"""The sandbox's own HTTP address: faults, the request log, the books, ticks and prices."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox import json_text
from sandbox.account import Account
from sandbox.acts import ACTS
from sandbox.answering import reply
from sandbox.faults import FRAME_FAULTS, HTTP_FAULTS
from sandbox.orders import Order, OrdType, Side, Ticket, TimeInForce
from sandbox.rules import Rejected

if TYPE_CHECKING:
    from sandbox.serving import Sandbox


class Control:
    """The routes under /_sandbox/."""

    def __init__(self, box: "Sandbox") -> None:
        self._box = box

    def app(self) -> web.Application:
        """The application to serve."""
        app = web.Application(middlewares=[_explain])
        app.router.add_routes(
            [
                web.get("/_sandbox/faults", self.faults),
                web.post("/_sandbox/faults", self.inflict),
                web.delete("/_sandbox/faults", self.clear),
                web.get("/_sandbox/log", self.log),
                web.get("/_sandbox/book", self.book),
                web.post("/_sandbox/tick", self.tick),
                web.post("/_sandbox/price", self.price),
                web.post("/_sandbox/orders", self.place),
            ]
        )
        return app

    async def faults(self, _: web.Request) -> web.Response:
        """Every kind there is, and those that are still to happen."""
        kinds = HTTP_FAULTS | FRAME_FAULTS | {name: act.__doc__ for name, act in ACTS.items()}
        pending = [{**asdict(one), "set": dict(one.set)} for one in self._box.faults.pending]
        return reply({"kinds": kinds, "pending": pending})

    async def inflict(self, request: web.Request) -> web.Response:
        """Make something go wrong: `kind` and its fields."""
        asked = await _body(request)
        await self._box.inflict(str(asked.pop("kind", "")), **asked)
        return reply({}, 201)

    async def clear(self, _: web.Request) -> web.Response:
        """Forget the faults that have not happened."""
        self._box.faults.clear()
        return reply({})

    async def log(self, _: web.Request) -> web.Response:
        """Every request that was received."""
        return reply([_plain(asdict(one)) for one in self._box.log.entries])

    async def book(self, _: web.Request) -> web.Response:
        """Every account, as the exchange knows it."""
        accounts = self._box.exchange.accounts.values()
        return reply({account.id: _books(account) for account in accounts})

    async def tick(self, request: web.Request) -> web.Response:
        """Move the prices by `count` (1) steps."""
        asked = await _body(request)
        for _ in range(int(asked.get("count", 1))):
            self._box.tick()
        return reply({})

    async def price(self, request: web.Request) -> web.Response:
        """Let `symbol` trade at `price`."""
        asked = await _body(request)
        self._box.exchange.set_price(str(asked["symbol"]), Decimal(str(asked["price"])))
        return reply({})

    async def place(self, request: web.Request) -> web.Response:
        """Place an order elsewhere: `account`, `symbol`, `side`, `quantity` and further terms."""
        asked = await _body(request)
        account = self._box.exchange.accounts[str(asked["account"])]
        order = self._box.exchange.submit(account, _ticket(asked))
        self._box.exchange.work()
        return reply(_order(account.orders[order.id]), 201)


@web.middleware
async def _explain(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        found: web.StreamResponse = await handler(request)
    except (ValueError, TypeError, KeyError, ArithmeticError, Rejected) as error:
        return reply({"error": f"{type(error).__name__}: {error}"}, 400)
    return found


async def _body(request: web.Request) -> dict[str, Any]:
    value = json_text.loads(await request.read() or b"{}")
    if not isinstance(value, dict):
        raise TypeError("the body has to be an object")
    return value


def _ticket(asked: dict[str, Any]) -> Ticket:
    return Ticket(
        symbol=str(asked["symbol"]),
        side=Side(asked["side"]),
        quantity=Decimal(str(asked["quantity"])),
        type=OrdType(asked.get("type", "MARKET")),
        time_in_force=TimeInForce(asked.get("time_in_force", "DAY")),
        limit_price=_price(asked, "limit_price"),
        stop_price=_price(asked, "stop_price"),
    )


def _price(asked: dict[str, Any], name: str) -> Decimal | None:
    return Decimal(str(asked[name])) if name in asked else None


def _books(account: Account) -> dict[str, Any]:
    return {
        "number": account.number,
        "cash": account.cash,
        "holdings": {symbol: asdict(held) for symbol, held in account.holdings.items()},
        "orders": [_order(one) for one in account.orders.values()],
        "executions": [_plain(asdict(one)) for one in account.executions.values()],
    }


def _order(order: Order) -> dict[str, Any]:
    fields = asdict(order)
    ticket = fields.pop("ticket")
    ticket.pop("legs")
    return _plain(ticket | fields)


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in fields.items()
    }
