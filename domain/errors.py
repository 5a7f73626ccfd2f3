"""What can go wrong, sorted by the only question that matters: did it happen?"""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Every reason that a client is ever given; part of the schema."""

    BAD_INPUT = "BAD_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    TOO_COMPLEX = "TOO_COMPLEX"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"
    CURSOR_INVALID = "CURSOR_INVALID"
    # A broker's word, or ours about a broker.
    CREDENTIALS_REJECTED = "CREDENTIALS_REJECTED"
    DIFFERENT_ACCOUNT = "DIFFERENT_ACCOUNT"
    ENVIRONMENT_MISMATCH = "ENVIRONMENT_MISMATCH"
    SIGN_IN_AWAITED = "SIGN_IN_AWAITED"
    CONSENT_REFUSED = "CONSENT_REFUSED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    NOT_PERMITTED = "NOT_PERMITTED"
    RATE_LIMITED = "RATE_LIMITED"
    BROKER_UNREACHABLE = "BROKER_UNREACHABLE"
    BROKER_UNINTELLIGIBLE = "BROKER_UNINTELLIGIBLE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    # About a ticket.
    UNSUPPORTED_CAPABILITY = "UNSUPPORTED_CAPABILITY"
    INVALID_TICKET = "INVALID_TICKET"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    MARKET_CLOSED = "MARKET_CLOSED"
    INSTRUMENT_NOT_FOUND = "INSTRUMENT_NOT_FOUND"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    BROKER_REFUSED = "BROKER_REFUSED"
    # About committing to one.
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    NOT_SENT = "NOT_SENT"
    NOTHING_TO_CLOSE = "NOTHING_TO_CLOSE"
    PREVIEW_REQUIRED = "PREVIEW_REQUIRED"
    PREVIEW_EXPIRED = "PREVIEW_EXPIRED"
    PREVIEW_MISMATCH = "PREVIEW_MISMATCH"
    TRADING_HALTED = "TRADING_HALTED"
    TRADING_REDUCING = "TRADING_REDUCING"
    # The user's own limits, a code for each.
    RISK_ORDER_QUANTITY = "RISK_ORDER_QUANTITY"
    RISK_ORDER_NOTIONAL = "RISK_ORDER_NOTIONAL"
    RISK_ORDER_EQUITY = "RISK_ORDER_EQUITY"
    RISK_POSITION_QUANTITY = "RISK_POSITION_QUANTITY"
    RISK_POSITION_NOTIONAL = "RISK_POSITION_NOTIONAL"
    RISK_POSITION_EQUITY = "RISK_POSITION_EQUITY"
    RISK_ORDER_RATE = "RISK_ORDER_RATE"
    RISK_DAILY_NOTIONAL = "RISK_DAILY_NOTIONAL"
    RISK_DAILY_LOSS = "RISK_DAILY_LOSS"
    RISK_PRICE_COLLAR = "RISK_PRICE_COLLAR"
    RISK_SYMBOL = "RISK_SYMBOL"
    RISK_DUPLICATE = "RISK_DUPLICATE"
    RISK_MARKET_HOURS = "RISK_MARKET_HOURS"
    RISK_UNPRICED = "RISK_UNPRICED"


class Problem(Exception):
    """A request that cannot be carried out as asked; shown to the person who asked it."""

    def __init__(self, code: ErrorCode, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


class BrokerError(Exception):
    """Anything that a broker adapter may raise; adapters raise nothing else."""

    code = ErrorCode.BROKER_REFUSED

    def __init__(
        self, message: str, *, broker_code: str | None = None, code: ErrorCode | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.broker_code = message, broker_code
        if code is not None:
            self.code = code


class Refused(BrokerError):
    """It did not happen, and the broker said why."""


class CredentialsRejected(Refused):
    """The broker no longer knows us; only the user can mend that."""

    code = ErrorCode.CREDENTIALS_REJECTED


class RateLimited(Refused):
    """Too many calls; `retry_after` is in seconds, None if the broker did not say."""

    code = ErrorCode.RATE_LIMITED

    def __init__(
        self, message: str, *, retry_after: float | None = None, broker_code: str | None = None
    ) -> None:
        super().__init__(message, broker_code=broker_code)
        self.retry_after = retry_after


class InsufficientFunds(Refused):
    """Not enough cash, buying power or quantity."""

    code = ErrorCode.INSUFFICIENT_FUNDS


class MarketClosed(Refused):
    """The venue does not take this now."""

    code = ErrorCode.MARKET_CLOSED


class NotPermitted(Refused):
    """The account, the plan or the connection does not allow it."""

    code = ErrorCode.NOT_PERMITTED


class InvalidTicket(Refused):
    """The broker found the order itself wrong: price increment, size, combination."""

    code = ErrorCode.INVALID_TICKET


class OrderNotFound(Refused):
    """The broker knows no such order."""

    code = ErrorCode.ORDER_NOT_FOUND


class InstrumentNotFound(Refused):
    """The broker knows no such instrument."""

    code = ErrorCode.INSTRUMENT_NOT_FOUND


class Unreachable(BrokerError):
    """It did not happen: the request never left."""

    code = ErrorCode.BROKER_UNREACHABLE


class OutcomeUnknown(BrokerError):
    """It may have happened: the bytes left and no readable answer came back."""

    code = ErrorCode.OUTCOME_UNKNOWN


class Unintelligible(BrokerError):
    """The broker answered and we could not read it; on a placement this is OutcomeUnknown."""

    code = ErrorCode.BROKER_UNINTELLIGIBLE
