"""What a Gateway's error codes mean.

Source: Interactive Brokers' message codes page and the texts that its clients recorded (2026-04).
One code may be a refusal, a notice or both by its text; what is only said is never a refusal.
"""

from collections.abc import Mapping

from brokers.ibkr import said
from brokers.wire import said as shown
from domain.errors import (
    BrokerError,
    ErrorCode,
    InstrumentNotFound,
    InsufficientFunds,
    InvalidTicket,
    MarketClosed,
    NotPermitted,
    OrderNotFound,
    RateLimited,
    Refused,
    Unreachable,
)

TOO_FAST, REJECTED, CANCELED, CLIENT_ID_IN_USE = 100, 201, 202, 326
AMBIGUOUS_OR_UNKNOWN = 200

# IB's servers are out of the Gateway's reach; back with or without what we subscribed to.
LOST, RESTORED_EMPTY, RESTORED = frozenset({1100, 2110}), 1101, 1102
SEVERED_OR_BACK = LOST | {RESTORED_EMPTY, RESTORED}
FARM_BROKEN, FARM_FINE = frozenset({2103, 2105, 2157}), frozenset({2104, 2106, 2158})

# Of an order or a request that goes on: warnings, presets, delayed data, locating shares.
_NOTICES = frozenset({CANCELED, 399, 404, 10089, 10090, 10167, 10311, 10329, 10349})
# All but 2102: the order cannot be changed while it is still being processed (LEAN's classes).
_SYSTEM = frozenset(range(2100, 2200)) - {2102}
# More of the same is said over and over of market data that is not paid for.
NO_PRICES = frozenset({354, 10168, 10197, 162})

_MEANING: Mapping[int, type[Refused]] = {
    103: InvalidTicket,
    104: InvalidTicket,
    105: InvalidTicket,
    110: InvalidTicket,
    135: OrderNotFound,
    136: OrderNotFound,
    161: InvalidTicket,
    AMBIGUOUS_OR_UNKNOWN: InstrumentNotFound,
    203: NotPermitted,
    300: Refused,
    354: NotPermitted,
    460: NotPermitted,
    10147: OrderNotFound,
    10148: InvalidTicket,
    10168: NotPermitted,
    10197: NotPermitted,
}
# In this order, as the first words are the surer sign.
_WORDS: tuple[tuple[str, type[Refused]], ...] = (
    ("insufficient", InsufficientFunds),
    ("margin", InsufficientFunds),
    ("available funds", InsufficientFunds),
    ("buying power", InsufficientFunds),
    ("market is closed", MarketClosed),
    ("outside of", MarketClosed),
    ("trading hours", MarketClosed),
    ("no trading permission", NotPermitted),
    ("not allowed", NotPermitted),
    ("not permitted", NotPermitted),
)

READ_ONLY = (
    "the Gateway's API only reads: take the check off Read-Only API in its configuration "
    "(API, Settings)"
)


def is_notice(code: int) -> bool:
    """Whether it only says something, and what it is about goes on."""
    return code in _NOTICES or code in _SYSTEM


def is_read_only(complaint: said.Complaint) -> bool:
    """Whether the API was set not to trade; 321 is said of much else as well."""
    return "read-only" in complaint.text.lower()


def meaning(complaint: said.Complaint) -> BrokerError:
    """The error that a complaint is."""
    code, text = complaint.code, f"Interactive Brokers: {shown(complaint.text) or complaint.code}"
    number = str(code)
    if is_read_only(complaint):
        return NotPermitted(READ_ONLY, broker_code=number)
    if code == TOO_FAST:
        return RateLimited(text, broker_code=number, retry_after=1.0)
    if code in SEVERED_OR_BACK:
        return severed()
    words = complaint.text.lower()
    worded = next((kind for word, kind in _WORDS if word in words), InvalidTicket)
    return _MEANING.get(code, worded)(text, broker_code=number)


def severed() -> Unreachable:
    """The Gateway runs and has lost Interactive Brokers."""
    return Unreachable(
        "the Gateway has lost Interactive Brokers' servers, as it does every night for their "
        "reset; it comes back by itself"
    )


def refused(name: str) -> Unreachable:
    """Nobody listens."""
    return Unreachable(
        f"nothing answers where the {name} should be: it restarts once a day and is back "
        "within minutes; else start it and look at its socket port"
    )


def awaits_sign_in(name: str) -> Unreachable:
    """It has been away for longer than a restart takes."""
    return Unreachable(
        f"the {name} has been away for longer than a restart takes: once a week, from "
        "Sunday 01:00 New York on, somebody has to sign in to it with the second factor",
        code=ErrorCode.SIGN_IN_AWAITED,
    )


def hung_up(name: str) -> NotPermitted:
    """It closed the door before it said anything."""
    return NotPermitted(
        f"the {name} hung up at once: its API is switched off, does not trust this server's "
        "address (API, Settings: Enable ActiveX and Socket Clients, Trusted IPs), or has its 32 "
        "clients already"
    )


def speechless(name: str) -> Unreachable:
    """It took the connection and says nothing."""
    return Unreachable(
        f"the {name} takes connections and does not answer: somebody may have to sign in "
        "to it, or to accept this server in its window",
        code=ErrorCode.SIGN_IN_AWAITED,
    )


def client_id_in_use(number: int) -> Refused:
    """Another program has our number."""
    return Refused(
        f"client id {number} is in use at this Gateway by another program: close it, or sign in "
        "with another client id",
        code=ErrorCode.CONFLICT,
        broker_code=str(CLIENT_ID_IN_USE),
    )


def other_environment(*, paper: bool) -> NotPermitted:
    """The accounts are not of the kind that the connection is for."""
    found, wanted = ("paper", "live") if paper else ("live", "paper")
    return NotPermitted(
        f"this Gateway is signed in to {found} accounts: name the one that has the {wanted} ones, "
        f"or link it as {found}",
        code=ErrorCode.ENVIRONMENT_MISMATCH,
    )
