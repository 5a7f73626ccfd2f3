"""The trading parts put together: what places, resolves, cancels and halts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from store.intents import Intents
from store.risk_limits import RiskLimits
from store.trading_states import TradingStates
from trading.canceling import Canceling
from trading.freshness import FreshLook
from trading.halt import Halt
from trading.orders import Orders
from trading.placing import Placing
from trading.ports import Ports
from trading.previewing import Previewing
from trading.prices import Prices
from trading.resolving import Resolving
from trading.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything about orders that a schema or a machine calls."""

    orders: Orders
    previewing: Previewing
    canceling: Canceling
    halt: Halt
    resolving: Resolving
    placing: Placing
    prices: Prices
    intents: Intents
    limits: RiskLimits
    states: TradingStates

    @classmethod
    def over(cls, ports: Ports) -> Self:
        """The parts over this store and these lines."""
        resolving, canceling = Resolving(ports), Canceling(ports)
        prices, steps = Prices(ports), Steps(ports)
        placing = Placing(ports, FreshLook(ports), prices, steps, resolving.one)
        orders = Orders(ports, placing)
        return cls(
            orders=orders,
            previewing=Previewing(ports, placing, prices, steps),
            canceling=canceling,
            halt=Halt(ports, canceling, orders),
            resolving=resolving,
            placing=placing,
            prices=prices,
            intents=ports.intents,
            limits=ports.limits,
            states=ports.states,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Resolve what was left unknown; at the end wait for what is under way."""
        warming = asyncio.create_task(self.prices.warm())
        async with self.resolving.running():
            try:
                yield
            finally:
                await asyncio.gather(warming, self.placing.aclose(), return_exceptions=True)
