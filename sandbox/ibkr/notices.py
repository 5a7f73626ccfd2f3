"""Errors, warnings and notices, by code, in the words of a real Gateway where those are known.

Texts: recorded sessions of April 2026, the vendor's page of message codes (read 2026-11-20).
"""

from dataclasses import dataclass

from sandbox.rules import Reason, Rejected


@dataclass(frozen=True, slots=True)
class Notice:
    """An error, or what is told the same way."""

    code: int
    message: str


class Refusal(Exception):
    """The Gateway does not do what it was asked."""

    def __init__(self, code: int, message: str, order_id: int | None = None) -> None:
        super().__init__(message)
        self.notice = Notice(code, message)
        self.order_id = order_id
        """Whose refusal it is, if not that of the order that was asked for."""


FARMS = (
    Notice(2104, "Market data farm connection is OK:usfarm"),
    Notice(2106, "HMDS data farm connection is OK:ushmds"),
    Notice(2158, "Sec-def data farm connection is OK:secdefnj"),
)
FARM_BROKEN = Notice(2103, "Market data farm connection is broken:usfarm")
CLIENT_ID_IN_USE = Notice(
    326,
    "Unable to connect as the client id is already in use. Retry with a unique client id.",
)
LOST = Notice(1100, "Connectivity between IBKR and Trader Workstation has been lost.")
RESTORED_LOST = Notice(
    1101, "Connectivity between IBKR and Trader Workstation has been restored - data lost."
)
RESTORED = Notice(
    1102,
    "Connectivity between IBKR and Trader Workstation has been restored - data maintained. "
    "All data farms are connected: usfarm; ushmds; secdefnj.",
)
READ_ONLY = Notice(
    321,
    "Error validating request.-'bW' : cause - The API interface is currently in Read-Only mode.",
)
UNKNOWN_CONTRACT = Notice(200, "No security definition has been found for the request")
DUPLICATE_ID = Notice(103, "Duplicate order id")
ALREADY_FILLED = Notice(104, "Cannot modify a filled order.")
CANCELLED = Notice(202, "Order Canceled - reason:")
TIF_PRESET = Notice(10349, "Order TIF was set to DAY based on order preset.")
COMPETING = Notice(10197, "No market data during competing live session")
TOO_MANY_SUMMARIES = Notice(
    322,
    "Error processing request.-'cL' : cause - Maximum number of account summary requests exceeded",
)


def too_fast(most: int, received: int) -> Notice:
    """More than `most` messages came within a second."""
    return Notice(
        100, f"Max rate of messages per second has been exceeded:max={most} rec={received} (1)"
    )


def invalid(cause: str) -> Refusal:
    """A request that makes no sense."""
    return Refusal(321, f"Error validating request.-'bF' : cause - {cause}")


def not_found(order_id: int) -> Refusal:
    """There is no such order to cancel."""
    return Refusal(10147, f"OrderId {order_id} that needs to be cancelled is not found.")


def not_cancellable(order_id: int, status: str) -> Refusal:
    """The order has ended, or its end does not wait for a cancel."""
    return Refusal(
        10148,
        f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {status}.",
    )


def rejected(error: Rejected) -> Refusal:
    """The exchange's no, in the Gateway's words."""
    if error.reason is Reason.PRICE_INCREMENT:
        return Refusal(
            110,
            "The price does not conform to the minimum price variation defined for this contract.",
        )
    return Refusal(201, f"Order rejected - reason:{_REASONS.get(error.reason, error.message)}")


_REASONS = {
    Reason.INSUFFICIENT_FUNDS: (
        "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH "
        "LOAN VALUE MUST EXCEED THE INITIAL MARGIN."
    ),
    Reason.BLOCKED: "The account is not permitted to trade.",
}
