"""E*TRADE's errors: their numbers and the HTTP status that goes with each.

Shapes and numbers: the vendor's documentation, recorded bodies and clients' issues, 2018 to 2026.
"""

from sandbox.answering import Dialect
from sandbox.rules import Reason, Rejected

DIALECT = Dialect(
    request_id="X-Request-ID",
    error={"Error": {"code": 100, "message": "The requested service is not currently available"}},
    rate_limited={"Error": {"message": "Number of requests exceeded the rate limit set"}},
    refused={"Error": {"code": 1021, "message": "there are insufficient funds in your account"}},
    unauthorized={"Error": {"message": "oauth_problem=token_rejected"}},
)

_FUNDS = "We cannot accept this order because there are insufficient funds in your account."
_SHARES = "You do not have enough available shares to complete this order."
_REASONS = {
    Reason.UNKNOWN_SYMBOL: (1019, "Invalid symbol"),
    Reason.UNKNOWN_ORDER: (5001, "The order does not exist"),
    Reason.DUPLICATE_ORDER: (1042, "Potential double order: the client order id was used before"),
    Reason.INSUFFICIENT_FUNDS: (1021, _FUNDS),
    Reason.INSUFFICIENT_QUANTITY: (1037, _SHARES),
    Reason.UNCOVERED: (1037, "Uncovered options may not be written"),
    Reason.SHORT_NOT_ALLOWED: (1037, "It cannot be sold short"),
    Reason.TOO_LATE: (5002, "The order is not open any more"),
    Reason.BLOCKED: (1036, "Your account is restricted"),
}


class Refusal(Exception):
    """A request that is answered with an error; `html` ones are a server's page."""

    def __init__(
        self, status: int, message: str, code: int | None = None, *, html: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.html = status, message, code, html


def invalid(message: str, code: int = 1046) -> Refusal:
    """A field that breaks a rule."""
    return Refusal(400, message, code)


def no_account() -> Refusal:
    """A key that is none of the person's accounts."""
    return Refusal(400, "Please enter valid account key", 102)


def no_preview() -> Refusal:
    """A preview that there is not, is too old, or is of another order."""
    text = "For your protection, we have timed out your original order request."
    return Refusal(
        400, f"{text} If you would like to place this order, please resubmit it now.", 101
    )


def rejected(error: Rejected) -> Refusal:
    """What the exchange refused."""
    code, message = _REASONS.get(error.reason, (1046, error.message))
    return Refusal(400, message, code)
