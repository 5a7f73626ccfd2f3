"""What E*TRADE's refusals mean.

Errors come as JSON, as XML even where JSON was asked for, as a page of HTML, or as nothing; those
of OAuth have no code, and the same number means different things in different modules (recorded
bodies and clients' issues, 2018 to 2026). So `oauth_problem` is looked for first, then a code, and
the status is asked last.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from brokers.etrade.body import read
from brokers.gate import Call, Purpose
from brokers.http import Answer, unanswered
from brokers.limits import Allowance
from brokers.wire import said, whole
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

_LONGEST_ERROR = 64 * 1024
_PROBLEM = re.compile(rb"oauth_problem=([a-z_]{1,40})")
# Of a page that says it in a sentence (HTTP 500, 2021).
_WRONG_KEY = b"invalid Consumer key and/or session token"
_TOO_MANY = "exceeded the rate limit"
_USUAL_WAIT = 1.0
_DIGITS = 5
# Some errors come with a status that says otherwise.
_ERROR = re.compile(rb'\s*(?:<\?xml[^>]{0,100}>)?\s*(?:<Error\b|\{\s*"Error")')


class CancelPending(Refused):
    """A cancel was asked for before, and is under way."""


_BY_CODE: Mapping[str, type[Refused]] = {
    "101": InvalidTicket,
    "102": NotPermitted,
    "253": NotPermitted,
    "1021": InsufficientFunds,
    "8400": InsufficientFunds,
    "1036": NotPermitted,
    "1037": InsufficientFunds,
    "1040": InsufficientFunds,
    "1042": InvalidTicket,
    "1043": MarketClosed,
    "1045": InvalidTicket,
    "2084": InvalidTicket,
    "2085": InvalidTicket,
    "5001": OrderNotFound,
    "5003": CancelPending,
    "7001": NotPermitted,
    "10035": NotPermitted,
}
_NO_SUCH_INSTRUMENT = frozenset({"1002", "1019", "1024", "10033"})
# Not processed, quotes down, no price, still updating, maintenance: not now, but later.
_PASSING = frozenset({"163", "300", "670", "1508", "1524"})
# "The requested service is not currently available" does not say how far a request got.
_UNCLEAR = "100"


class Stale(CredentialsRejected):
    """The token does not work now; renewing it may help, once."""


class NoSuchPreview(InvalidTicket):
    """The preview is unknown or too old: nothing was placed."""


@dataclass(frozen=True, slots=True)
class Said:
    """The readable part of an error; `problem` is OAuth's own word."""

    code: str | None
    message: str
    problem: str | None


def refusal(answer: Answer, call: Call, now: datetime) -> BrokerError | None:
    """The error that an answer means; None for a success, which may be empty."""
    del now
    good = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    if good and not _ERROR.match(answer.body):
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return Unintelligible(f"E*TRADE sent us elsewhere (HTTP {answer.status})")
    after = whole(answer.headers.get("Retry-After", ""), _DIGITS)
    return _meant(answer.status, said_in(answer.body), call, after)


def _meant(status: int, told: Said, call: Call, after_seconds: float | None) -> BrokerError:
    message = f"E*TRADE: {told.message or f'HTTP {status}'}"
    if told.problem is not None:
        return _unauthorized(told.problem, message)
    if status == HTTPStatus.TOO_MANY_REQUESTS or _TOO_MANY in told.message.lower():
        wait = _USUAL_WAIT if after_seconds is None else after_seconds
        return RateLimited(message, retry_after=wait, broker_code=told.code)
    kind = _by_code(told.code, call)
    if kind is not None:
        return kind(message, broker_code=told.code)
    late = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT
    if late or told.code == _UNCLEAR:
        return unanswered(call, message)
    if told.code in _PASSING:
        # Refused in words, so it was not done; a read may be tried again.
        return unanswered(call, message) if call.purpose is Purpose.READ else Refused(message)
    return _by_status(status, call)(message, broker_code=told.code)


def said_in(body: bytes) -> Said:
    """Code, words and OAuth problem of an error body, whatever it is."""
    body = body[:_LONGEST_ERROR]
    found = _PROBLEM.search(body)
    problem = found.group(1).decode() if found else None
    if _WRONG_KEY in body:
        problem = "consumer_key_unknown"
    try:
        row = read(body).row("error")
    except Unintelligible:
        row = None
    if row is None:
        return Said(None, problem or _title(body), problem)
    return Said(row.text("code"), row.words("message") or problem or "", problem)


def _title(body: bytes) -> str:
    """What a page calls itself; nothing else of it is shown."""
    found = re.search(rb"<title>([^<]{1,200})</title>", body)
    return said(found.group(1).decode("utf-8", "replace")) if found else ""


def _unauthorized(problem: str, message: str) -> BrokerError:
    """Of these only a rejected or expired token is the end of a sign-in."""
    match problem:
        case "token_rejected" | "token_expired" | "permission_denied" | "token_revoked":
            return Stale(message, broker_code=problem)
        case "consumer_key_rejected" | "consumer_key_unknown":
            text = "E*TRADE does not take this consumer key; ask E*TRADE for a new one"
            return CredentialsRejected(text, broker_code=problem)
        case "signature_invalid":
            text = "E*TRADE refuses our signature; the consumer secret or the token's is another"
            return CredentialsRejected(text, broker_code=problem)
        case "timestamp_refused":
            text = "E*TRADE refuses the time of day; set this machine's clock"
            return Refused(text, broker_code=problem)
        case "verifier_invalid" | "parameter_rejected":
            return CredentialsRejected("E*TRADE does not take this code", broker_code=problem)
        case _:
            return Refused(message, broker_code=problem)


def _by_code(code: str | None, call: Call) -> type[Refused] | None:
    if code == "101" and _is_ticket(call):
        return NoSuchPreview
    if code in _NO_SUCH_INSTRUMENT:
        return InstrumentNotFound
    return _BY_CODE.get(code or "")


def _by_status(status: int, call: Call) -> type[Refused]:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return Stale
        case HTTPStatus.FORBIDDEN:
            return NotPermitted
        case HTTPStatus.NOT_FOUND if "/orders" in call.path:
            return OrderNotFound
        case _:
            return InvalidTicket if _is_ticket(call) else Refused


def _is_ticket(call: Call) -> bool:
    """Whether an order is what was asked for: to be worked out, placed or changed."""
    return call.method != "GET" and call.purpose is not Purpose.CANCEL


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """E*TRADE does not say what is left."""
    del headers
    return None
