"""What Alpaca's refusals mean.

Bodies are `{"code": int, "message": str, ...}`, but the code may be missing, and what a load
balancer answers is HTML: neither is ever relied upon (recorded bodies, 2026-06).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from brokers.gate import Call, Purpose
from brokers.http import Answer, unanswered
from brokers.limits import Allowance
from brokers.outcomes import Duplicate
from brokers.wire import Row, document, whole
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    InstrumentNotFound,
    InsufficientFunds,
    InvalidTicket,
    MarketClosed,
    NotPermitted,
    OrderNotFound,
    RateLimited,
    Refused,
    Unintelligible,
)

_DUPLICATE = "client_order_id must be unique"
# Seconds of unix time have ten digits until 2286.
_DIGITS = 11


class Doubtful(NotPermitted):
    """403 without a numeric code: dead keys, or something that this account may not do.

    Whoever gets it asks for the account, which dead keys cannot.
    """


@dataclass(frozen=True, slots=True)
class Said:
    """The readable part of an error body."""

    code: str | None
    message: str


def refusal(answer: Answer, call: Call, now: datetime) -> BrokerError | None:
    """The error that an answer means; None for a success."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    said = said_in(answer.body)
    message = f"Alpaca: {said.message or f'HTTP {status}'}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = retry_after(answer.headers, now)
        return RateLimited(message, retry_after=after, broker_code=said.code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return unanswered(call, message)
    if status < HTTPStatus.BAD_REQUEST:
        return Unintelligible(f"Alpaca sent us elsewhere (HTTP {status})")
    return _meaning(status, said, call)(message, broker_code=said.code)


def said_in(body: bytes) -> Said:
    """Code and message of an error body, whatever it is."""
    try:
        row = Row(document(body), "the error")
    except Unintelligible:
        return Said(None, "")
    return Said(row.text("code"), row.words("message"))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the next call: Retry-After, else X-RateLimit-Reset, which is a unix time."""
    for name, origin in (("Retry-After", 0.0), ("X-RateLimit-Reset", now.timestamp())):
        if (number := whole(headers.get(name, ""), _DIGITS)) is not None:
            return max(0.0, number - origin)
    return None


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """What X-RateLimit-Remaining and -Reset say; they are on successes too."""
    remaining, reset = (
        whole(headers.get(f"X-RateLimit-{name}", ""), _DIGITS) for name in ("Remaining", "Reset")
    )
    if remaining is None:
        return None
    resets_at = None if reset is None else datetime.fromtimestamp(reset, UTC)
    return Allowance(remaining=remaining, resets_at=resets_at)


def _meaning(status: int, said: Said, call: Call) -> type[Refused]:
    """The kind of refusal; by its words only where neither status nor code tells."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return CredentialsRejected
        case HTTPStatus.FORBIDDEN if not (said.code or "").isdigit():
            return Doubtful
        case HTTPStatus.NOT_FOUND:
            return _missing(call)
        case _:
            return _by_words(status, said.message.lower(), call)


def _missing(call: Call) -> type[Refused]:
    if "/orders" in call.path:
        return OrderNotFound
    return InstrumentNotFound if "/assets" in call.path else Refused


def _by_words(status: int, words: str, call: Call) -> type[Refused]:
    if "insufficient" in words:
        return InsufficientFunds
    if status == HTTPStatus.FORBIDDEN:
        return NotPermitted
    if call.purpose is not Purpose.TRADE:
        return Refused
    if _DUPLICATE in words:
        return Duplicate
    closed = "market" in words and ("closed" in words or "hours" in words)
    return MarketClosed if closed else InvalidTicket
