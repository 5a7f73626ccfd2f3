"""Alpaca's error bodies and the HTTP status that goes with each.

Shapes: recorded bodies and the vendor's documentation, 2026-06.
"""

from typing import Any

from aiohttp import web

from sandbox.answering import Dialect, reply
from sandbox.rules import Reason, Rejected

DIALECT = Dialect(
    request_id="X-Request-ID",
    error={"message": "internal server error occurred"},
    rate_limited={"message": "too many requests."},
    refused={
        "code": 40310000,
        "message": "insufficient buying power",
        "buying_power": "0",
        "cost_basis": "1",
    },
    unauthorized={"message": "unauthorized"},
)

_CODES = {
    Reason.UNKNOWN_SYMBOL: (422, 42210000),
    Reason.UNKNOWN_ORDER: (404, 40410000),
    Reason.DUPLICATE_ORDER: (422, 40010001),
    Reason.INVALID: (422, 42210001),
    Reason.PRICE_INCREMENT: (422, 42210000),
    Reason.INSUFFICIENT_FUNDS: (403, 40310000),
    Reason.INSUFFICIENT_QUANTITY: (403, 40310000),
    Reason.UNCOVERED: (403, 40310000),
    Reason.SHORT_NOT_ALLOWED: (403, 40310000),
    Reason.TOO_LATE: (422, 42210000),
    Reason.BLOCKED: (403, 40310000),
}
_EXTRAS = {
    "buying_power": "buying_power",
    "cost": "cost_basis",
    "available": "available",
    "existing": "existing_qty",
    "symbol": "symbol",
}


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def body(self) -> dict[str, Any]:
        """What is sent; some of Alpaca's errors have no code."""
        code = {} if self.code is None else {"code": self.code}
        return {**code, "message": self.message}


def forbidden() -> Refusal:
    """Wrong or mismatched keys: without a code, so that no business rejection looks like it."""
    return Refusal(403, "forbidden.")


def unauthorized() -> Refusal:
    """No usable credential."""
    return Refusal(401, "unauthorized", 40110000)


def malformed() -> Refusal:
    """A body that is not JSON, or not an object."""
    return Refusal(400, "request body format is invalid", 40010000)


def invalid(message: str) -> Refusal:
    """A field that breaks a rule."""
    return Refusal(422, message, 42210001)


def not_found(what: str) -> Refusal:
    """No such thing."""
    return Refusal(404, f"{what} not found", 40410000)


def rejected(error: Rejected) -> tuple[int, dict[str, Any]]:
    """The status and body for what the exchange refused."""
    status, code = _CODES[error.reason]
    extras = {
        name: value if isinstance(value, str) else f"{value:f}"
        for key, name in _EXTRAS.items()
        if (value := error.context.get(key)) is not None
    }
    if "existing_qty" in extras:
        held = error.context["existing"], error.context["available"]
        extras["held_for_orders"] = f"{_difference(*held):f}"
    return status, {"code": code, "message": _message(error), **extras}


def _difference(existing: Any, available: Any) -> Any:
    return existing - available


def _message(error: Rejected) -> str:
    context = error.context
    match error.reason:
        case Reason.DUPLICATE_ORDER:
            return "client_order_id must be unique"
        case Reason.PRICE_INCREMENT:
            which = f"invalid {context['field']} {context['price']:f}"
            return f"{which}. sub-penny increment does not fulfill minimum pricing criteria"
        case Reason.INSUFFICIENT_QUANTITY:
            asked = f"requested: {context['requested']:f}, available: {context['available']:f}"
            return f"insufficient qty available for order ({asked})"
        case Reason.UNCOVERED:
            return "account not eligible to trade uncovered option contracts"
        case Reason.SHORT_NOT_ALLOWED:
            return "fractional orders cannot be sold short"
        case _:
            return error.message


def respond(error: Exception) -> web.Response:
    """The answer to a request that failed."""
    if isinstance(error, Refusal):
        return reply(error.body(), error.status)
    if isinstance(error, Rejected):
        status, body = rejected(error)
        return reply(body, status)
    if isinstance(error, web.HTTPException):
        return reply({"message": error.reason.lower()}, error.status)
    raise error
