"""The trading parts put together: what places, resolves, cancels and halts."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from brokers.contract import Plugin
from brokers.lines import Lines
from domain.clock import Clock
from domain.ids import ConnectionId
from domain.intent import Trace, untraced
from store.intents import Intents
from store.ledger import Ledger
from store.reads import Reads
from store.risk_limits import RiskLimits
from store.trading_states import TradingStates
from trading.canceling import Canceling
from trading.freshness import FreshLook
from trading.halt import Halt
from trading.orders import Orders
from trading.placing import Placing
from trading.prices import Marks, Prices
from trading.resolving import Resolving, everything
from trading.sending import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything about orders that a schema or a machine calls."""

    orders: Orders
    canceling: Canceling
    halt: Halt
    resolving: Resolving
    intents: Intents
    limits: RiskLimits
    states: TradingStates
    placing: Placing

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Resolve what was left unknown; at the end wait for what is under way."""
        async with self.resolving.running():
            try:
                yield
            finally:
                await self.placing.aclose()


def desk(
    *,
    intents: Intents,
    ledger: Ledger,
    reads: Reads,
    limits: RiskLimits,
    states: TradingStates,
    lines: Lines,
    plugins: Mapping[str, Plugin],
    live: Marks,
    clock: Clock,
    secret: bytes,
    owns: Callable[[ConnectionId], bool] = everything,
    trace: Trace = untraced,
) -> Desk:
    """The parts over this store and these lines; `ledger` has to tell `intents` what it saw."""
    look = FreshLook(intents=intents, ledger=ledger, lines=lines, clock=clock)
    prices = Prices(live=live, clock=clock)
    canceling = Canceling(intents=intents, ledger=ledger, reads=reads, lines=lines, clock=clock)
    resolving = Resolving(
        intents=intents,
        ledger=ledger,
        reads=reads,
        lines=lines,
        plugins=plugins,
        clock=clock,
        owns=owns,
    )
    sending = Sending(
        intents=intents,
        ledger=ledger,
        reads=reads,
        lines=lines,
        look=look,
        clock=clock,
        trace=trace,
    )
    placing = Placing(
        intents=intents,
        reads=reads,
        lines=lines,
        prices=prices,
        plugins=plugins,
        look=look,
        sending=sending,
        resolve=resolving.one,
        trace=trace,
    )
    orders = Orders(
        placing=placing,
        reads=reads,
        lines=lines,
        prices=prices,
        plugins=plugins,
        clock=clock,
        secret=secret,
    )
    halt = Halt(
        states=states,
        intents=intents,
        reads=reads,
        canceling=canceling,
        resolving=resolving,
        orders=orders,
        clock=clock,
    )
    return Desk(
        orders=orders,
        canceling=canceling,
        halt=halt,
        resolving=resolving,
        intents=intents,
        limits=limits,
        states=states,
        placing=placing,
    )
