"""How a Gateway behaves: its settings, and the quirks that a test can switch on."""

from dataclasses import dataclass, field

from sandbox.ibkr.notices import Notice


@dataclass(slots=True, kw_only=True)
class Habits:
    """All of them may be changed while it runs."""

    read_only: bool = False
    """Orders are refused with error 321."""
    api_off: bool = False
    """Connections are accepted and closed before the handshake."""
    servers_up: bool = True
    """Whether it has IB's servers; without them orders and prices go unanswered."""
    master_client_id: int | None = None
    """The client that hears of every order, besides the one that placed it."""
    most_clients: int = 32
    """More than that are closed right away."""
    most_messages: int = 50
    """A second, for each client; more are told error 100, and a second time are cut off."""
    commission_in_preview: bool = True
    two_step_preview: bool = False
    """A what-if is first answered with figures that are not set."""
    omit_executions_end: bool = False
    omit_completed_end: bool = False
    execution_after_status: bool = False
    """An order is told to be Filled before its execution is."""
    hold_executions: bool = False
    """Executions are told only by `Gateway.release_executions`, or to who asks for them."""
    hold_commissions: bool = False
    """Commissions are told only by `Gateway.release_executions`, or to who asks for them."""
    duplicate_statuses: bool = False
    competing_session: bool = False
    """The same user is signed in elsewhere: no market data."""
    delayed: bool = False
    """Prices are told as delayed ones."""
    order_notices: list[Notice] = field(default_factory=list)
    """Told about each new order that is accepted all the same."""
