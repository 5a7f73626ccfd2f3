"""Coinbase's refusals: three shapes of error body, and those that come with HTTP 200.

Shapes: recorded bodies and the vendor's documentation, 2026-07.
"""

from typing import Any

from aiohttp import web

from sandbox.answering import Dialect, reply
from sandbox.rules import Reason, Rejected

_TOO_MANY = {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}
_NO_SCOPE = {
    "error": "PERMISSION_DENIED",
    "code": 7,
    "message": "Missing required scopes",
    "error_details": "Missing required scopes",
    "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
}
DIALECT = Dialect(
    request_id="x-request-id",
    error={"error": "INTERNAL", "code": 13, "message": "internal error", "error_details": ""},
    rate_limited=_TOO_MANY,
    refused=_NO_SCOPE,
    unauthorized="Unauthorized",
)

_ORDER = {
    Reason.UNKNOWN_SYMBOL: "INVALID_PRODUCT_ID",
    Reason.INVALID: "INVALID_REQUEST",
    Reason.PRICE_INCREMENT: "INVALID_PRICE_PRECISION",
    Reason.INSUFFICIENT_FUNDS: "INSUFFICIENT_FUND",
    Reason.INSUFFICIENT_QUANTITY: "INSUFFICIENT_FUND",
    Reason.BLOCKED: "ORDER_ENTRY_DISABLED",
}
_SAID = {"INSUFFICIENT_FUND": "Insufficient balance in source account"}


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, message: str, code: int = 3) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.code = status, error, message, code

    def body(self) -> dict[str, Any]:
        """What is sent."""
        return {
            "error": self.error,
            "code": self.code,
            "message": self.message,
            "error_details": self.message,
        }


class Unauthorized(Exception):
    """No usable token: Coinbase answers that in plain text."""


class TooMany(Exception):
    """More requests than are allowed."""


def invalid(message: str) -> Refusal:
    """A request that makes no sense."""
    return Refusal(400, "INVALID_ARGUMENT", message)


def not_found(what: str) -> Refusal:
    """No such thing."""
    return Refusal(404, "NOT_FOUND", f"{what} was not found", 5)


def forbidden() -> Refusal:
    """The key may not do that."""
    return Refusal(403, "PERMISSION_DENIED", "Missing required scopes", 7)


def order_failure(error: Rejected) -> dict[str, Any]:
    """Why an order was not taken: the `error_response` of an answer with HTTP 200."""
    word = _ORDER.get(error.reason, "UNKNOWN_FAILURE_REASON")
    return failure(word, _SAID.get(word, error.message))


def failure(word: str, message: str) -> dict[str, Any]:
    """An `error_response`."""
    return {
        "error": word,
        "message": message,
        "error_details": "",
        "preview_failure_reason": f"PREVIEW_{word}",
        "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
    }


def respond(error: Exception) -> web.Response:
    """The answer to a request that failed."""
    if isinstance(error, Unauthorized):
        return web.Response(text="Unauthorized\n", status=401)
    if isinstance(error, TooMany):
        return reply(_TOO_MANY, 429)
    if isinstance(error, Refusal):
        return reply(error.body(), error.status)
    if isinstance(error, web.HTTPException):
        return reply(Refusal(error.status, "UNKNOWN", error.reason.lower()).body(), error.status)
    raise error
