"""What the parts of trading share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from brokers.contract import Plugin
from brokers.lines import Lines
from domain.clock import Clock
from domain.holding import Mark
from domain.ids import ConnectionId, InstrumentId
from domain.intent import Trace, untraced
from store.intents import Intents
from store.ledger import Ledger
from store.reads import Reads
from store.risk_limits import RiskLimits
from store.trading_states import TradingStates


def everything(connection: ConnectionId) -> bool:
    """This process owns all connections."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The store, the lines and the outside.

    `ledger` has to tell `intents` what it saw. `live` is the latest price of a connection, `owns`
    whether its orders are resolved in this process. `secret` signs previews; it is the same in
    every process and in no database.
    """

    intents: Intents
    ledger: Ledger
    reads: Reads
    limits: RiskLimits
    states: TradingStates
    lines: Lines
    plugins: Mapping[str, Plugin]
    live: Callable[[ConnectionId, InstrumentId], Mark | None]
    clock: Clock
    secret: bytes = field(repr=False)
    owns: Callable[[ConnectionId], bool] = everything
    trace: Trace = untraced
