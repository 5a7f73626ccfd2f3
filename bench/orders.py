"""Order events by the thousand: reports as a stream brings them, each a visible change."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.seed import instrument
from bench.workload import HOPELESS
from domain.facts import OrderReport, Source, Stamp
from domain.order import Execution, OrderSide, OrderStatus, OrderType, Terms, TimeInForce

# An order's life, in shares filled: accepted, two partial fills, filled.
FILLS = (0, 3, 7, 10)
STATUSES = (
    OrderStatus.NEW,
    OrderStatus.PARTIALLY_FILLED,
    OrderStatus.PARTIALLY_FILLED,
    OrderStatus.FILLED,
)
PRICE = Decimal("101.25")
TERMS = Terms(
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(FILLS[-1]),
    limit_price=PRICE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Record = Callable[[OrderReport], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """So many events at `rate` a second, in bursts of `burst`; `start` in us after 1970.

    A burst is due as a whole when its first event is.
    """

    rate: float
    count: int
    burst: int
    start: int

    async def play(self, account: str, record: Record) -> int:
        """Record each burst when it is due, its events at once; the next one after it.

        How many were recorded: a server that is late beyond hope is spared the rest.
        """
        for first in range(0, self.count, self.burst):
            due = self.start + int(first * 1_000_000 / self.rate)
            early = due / 1_000_000 - time.time()
            if -early * 1_000_000 > HOPELESS:
                return first
            await asyncio.sleep(max(0.0, early))
            numbers = range(first, min(first + self.burst, self.count))
            moment = _EPOCH + timedelta(microseconds=due)
            await asyncio.gather(
                *(record(report(account, self.start, number, moment)) for number in numbers)
            )
        return self.count


def report(account: str, run: int, number: int, moment: datetime) -> OrderReport:
    """The event of this number: every order lives through four; `run` keeps ids of runs apart."""
    order, stage = divmod(number, len(FILLS))
    filled, name = FILLS[stage], f"bench-{run}-{order}"
    execution = None
    if stage:
        execution = Execution(
            execution_id=f"{name}-{stage}",
            quantity=Decimal(filled - FILLS[stage - 1]),
            price=PRICE,
            at=moment,
        )
    return OrderReport(
        account=account,
        broker_order_id=name,
        client_order_id=None,
        instrument=instrument(order % 50),
        terms=TERMS,
        status=STATUSES[stage],
        raw_status=STATUSES[stage].value.lower(),
        # Stages of one order in one burst are told apart by their microsecond.
        stamp=Stamp(
            time=moment + timedelta(microseconds=stage), source=Source.STREAM, arrival=moment
        ),
        filled_quantity=Decimal(filled),
        average_price=PRICE if filled else None,
        execution=execution,
    )
