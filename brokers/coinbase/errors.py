"""What Coinbase's refusals mean.

Error bodies come in three shapes, and orders are refused with HTTP 200 as well (recorded bodies and
the vendor's documentation, 2026-07). Words are relied upon only where status and code do not tell.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from brokers.gate import Call, Purpose
from brokers.http import Answer, unanswered
from brokers.limits import Allowance
from brokers.outcomes import Duplicate
from brokers.wire import Row, document, said, whole
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

_DIGITS = 9
_REASONS = (
    "error",
    "new_order_failure_reason",
    "preview_failure_reason",
    "edit_failure_reason",
    "edit_order_failure_reason",
)


class Doubtful(CredentialsRejected):
    """401: dead keys, a clock that is off, or too many calls; whoever gets it asks again.

    Spurious ones are known (coinbase-advanced-py issues 19, 60 and 132).
    """


# A piece of the reason, the first that fits; all else is the ticket's own fault.
_KINDS: tuple[tuple[str, type[Refused]], ...] = (
    ("INSUFFICIENT", InsufficientFunds),
    ("INVALID_LEDGER_BALANCE", InsufficientFunds),
    ("DUPLICATE_CLIENT_ORDER_ID", Duplicate),
    ("RATE_LIMIT", RateLimited),
    ("PRODUCT_ID", InstrumentNotFound),
    ("ORDER_NOT_FOUND", OrderNotFound),
    ("UNKNOWN_CANCEL_ORDER", OrderNotFound),
    ("ORDER_ENTRY_DISABLED", MarketClosed),
    ("TRADING_DISABLED", MarketClosed),
    ("INVALID_NO_LIQUIDITY", MarketClosed),
    ("INELIGIBLE", NotPermitted),
    ("NOT_ALLOWED", NotPermitted),
    ("GEOFENC", NotPermitted),
    ("LIQUIDATION", NotPermitted),
)


def refusal(answer: Answer, call: Call) -> BrokerError | None:
    """The error that an answer's status means; None for 2xx, whose body may still refuse."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    code, words = said_in(answer.body)
    message = f"Coinbase: {words or f'HTTP {status}'}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = whole(answer.headers.get("Retry-After", ""), _DIGITS)
        return RateLimited(message, retry_after=after, broker_code=code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return unanswered(call, message)
    if status < HTTPStatus.BAD_REQUEST:
        return Unintelligible(f"Coinbase sent us elsewhere (HTTP {status})")
    return _meaning(status, words, call)(message, broker_code=code)


def said_in(body: bytes) -> tuple[str | None, str]:
    """Code and words of an error body of any shape, plain text included."""
    try:
        row = Row(document(body), "the error")
    except Unintelligible:
        return None, said(body[:1000].decode(errors="replace"))
    listed = row.values("errors")
    if listed and isinstance(listed[0], Mapping):
        row = Row(listed[0], "the error")
    return row.text("error", "id"), row.words("message") or row.words("error_details")


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """What x-ratelimit-remaining says; in what unit the reset comes is not documented."""
    remaining = whole(headers.get("x-ratelimit-remaining", ""), _DIGITS)
    return None if remaining is None else Allowance(remaining=remaining, resets_at=None)


def order_refusal(answer: Row) -> Refused:
    """Why an answer with `success: false` refuses an order or an edit."""
    told = tuple(_told(answer))
    reasons = [reason for row in told for name in _REASONS if (reason := _reason(row, name))]
    words = next((said for row in told if (said := _words(row))), "")
    code = reasons[0] if reasons else None
    return _by_reason(code or "")(f"Coinbase: {words or code or 'refused'}", broker_code=code)


def cancel_refusal(reason: str | None) -> Refused:
    """Why a cancel was not taken."""
    kind = _by_reason(reason or "")
    kind = Refused if kind is InvalidTicket else kind
    return kind(f"Coinbase: {said(reason) or 'the cancel was refused'}", broker_code=reason)


def _told(answer: Row) -> Iterator[Row]:
    """Every object that may say why: `errors` is a list in the SDKs, an object when recorded."""
    if (response := answer.row("error_response")) is not None:
        yield response
    if (errors := answer.row("errors")) is not None:
        yield errors
    for value in answer.values("errors"):
        if isinstance(value, Mapping):
            yield Row(value, "the error")
    yield answer


def _reason(row: Row, name: str) -> str | None:
    word = row.text(name)
    return None if word is None or word.startswith("UNKNOWN_") else word


def _words(row: Row) -> str:
    return row.words("message") or row.words("error_details")


def _by_reason(reason: str) -> type[Refused]:
    return next((kind for piece, kind in _KINDS if piece in reason), InvalidTicket)


def _meaning(status: int, words: str, call: Call) -> type[Refused]:
    """The kind of refusal that a 4xx is."""
    by_status: Mapping[int, type[Refused]] = {
        HTTPStatus.UNAUTHORIZED: Doubtful,
        HTTPStatus.FORBIDDEN: NotPermitted,
        HTTPStatus.NOT_FOUND: _missing(call),
    }
    return by_status.get(status) or _by_words(words.lower(), call)


def _missing(call: Call) -> type[Refused]:
    if "/orders" in call.path:
        return OrderNotFound
    priced = "/product" in call.path or "/best_bid" in call.path
    return InstrumentNotFound if priced else Refused


def _by_words(words: str, call: Call) -> type[Refused]:
    if "insufficient" in words:
        return InsufficientFunds
    if "product_id" in words:
        return InstrumentNotFound
    return InvalidTicket if call.purpose is Purpose.TRADE else Refused
