"""Orders and executions as the Gateway knows them, beside the exchange's own."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.account import Account
from sandbox.ibkr.asked import Asked
from sandbox.ibkr.contracts import Contract
from sandbox.orders import Execution, Order, OrdStatus, OrdType, TimeInForce

_WAITS = frozenset(
    {
        OrdType.STOP,
        OrdType.STOP_LIMIT,
        OrdType.TRAILING_STOP,
        OrdType.TRAILING_STOP_LIMIT,
        OrdType.MARKET_IF_TOUCHED,
        OrdType.LIMIT_IF_TOUCHED,
    }
)
_AUCTIONS = frozenset({TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE})
_WORDS = {
    OrdStatus.PENDING_NEW: "PreSubmitted",
    OrdStatus.SUSPENDED: "PreSubmitted",
    OrdStatus.NEW: "Submitted",
    OrdStatus.PARTIALLY_FILLED: "Submitted",
    OrdStatus.PENDING_REPLACE: "Submitted",
    OrdStatus.PENDING_CANCEL: "PendingCancel",
    OrdStatus.FILLED: "Filled",
    OrdStatus.CANCELED: "Cancelled",
    OrdStatus.EXPIRED: "Cancelled",
    OrdStatus.REPLACED: "Cancelled",
    OrdStatus.REJECTED: "Inactive",
}


@dataclass(slots=True, kw_only=True)
class Placed:
    """One order; `client_id` and `order_id` are 0 for what was placed by hand."""

    account: Account
    contract: Contract
    asked: Asked
    exchange_id: str
    perm_id: int
    client_id: int
    order_id: int
    last_price: Decimal = Decimal(0)
    commission: Decimal | None = None
    before: Asked | None = None
    """What it was until it was last modified."""
    draft: Order | None = None
    """What it would be, if it is only previewed."""

    @property
    def order(self) -> Order:
        """As it stands on the exchange."""
        return self.draft or self.account.orders[self.exchange_id]

    @property
    def status(self) -> str:
        """The Gateway's word for how it stands; a FOK order that did not fill is Inactive."""
        order = self.order
        killed = order.ticket.time_in_force is TimeInForce.FILL_OR_KILL
        if killed and order.status is OrdStatus.CANCELED:
            return "Inactive"
        return "PreSubmitted" if self._waits() else _WORDS[order.status]

    @property
    def why_held(self) -> str:
        """What it waits for."""
        order = self.order
        if order.status is OrdStatus.SUSPENDED:
            return "child"
        return "trigger" if self._waits() and order.ticket.type in _WAITS else ""

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return not self.order.live

    def restore(self) -> None:
        """Take a modification back."""
        self.asked = self.before or self.asked

    def _waits(self) -> bool:
        order = self.order
        if order.status not in {OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED}:
            return False
        untouched = order.ticket.type in _WAITS and not order.triggered
        return untouched or order.ticket.time_in_force in _AUCTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution as the Gateway reports it; a correction has the same id but for `revision`."""

    placed: Placed
    contract: Contract
    execution: Execution
    prefix: str
    cumulative: Decimal
    average: Decimal
    realized: Decimal | None = None
    combination: bool = False
    """Whether it is that of a whole combination, beside those of its legs."""
    revision: int = 1

    @property
    def id(self) -> str:
        """Its execId."""
        return f"{self.prefix}.{self.revision:02}"
