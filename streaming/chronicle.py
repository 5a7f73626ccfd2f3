"""What accounts are worth, kept at each sync and at the close, with the days that we missed."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from brokers.contract import Broker
from domain.connection import Connection
from domain.equity import EquityPoint, EquitySource, EquityTold
from domain.errors import BrokerError
from domain.events import Snapshot
from streaming.pace import last_close
from streaming.ports import Ledger

logger = logging.getLogger(__name__)

_MISSED = timedelta(days=1)


class Chronicle:
    """One connection's; a point that the broker does not tell stays missing."""

    def __init__(self, connection: Connection, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._user, self._connection = connection.user_id, connection.id
        self._ledger, self._now = ledger, now
        self._kept: dict[str, datetime] = {}

    async def keep(self, broker: Broker, snapshot: Snapshot, *, sync: bool) -> None:
        """Keep a point if this is a sync, or the first look after the market closed."""
        number, at = snapshot.account.number, snapshot.started_at
        before = self._kept.get(number)
        if before is None:
            before = await self._ledger.newest_equity(self._connection, number)
        if sync and (before is None or at - before > _MISSED):
            await self._fill_in(broker, number, before)
        if sync or before is None or before < last_close(at):
            await self._tell(number, *_points(snapshot))
            self._kept[number] = at

    async def _fill_in(self, broker: Broker, number: str, since: datetime | None) -> None:
        """Days that are over, as the broker tells them; without them the history has a gap."""
        try:
            told = await broker.history(number, None if since is None else since.date())
        except BrokerError as error:
            extra = {"connection": self._connection, "code": error.code}
            logger.warning("The broker does not tell what the account was worth", extra=extra)
        else:
            now = self._now()
            await self._tell(number, *(point for point in told if point.at <= now))

    async def _tell(self, number: str, *points: EquityPoint) -> None:
        event = EquityTold(account=number, points=points)
        await self._ledger.record(self._user, self._connection, event)


def _points(snapshot: Snapshot) -> tuple[EquityPoint, ...]:
    """One, if the broker said what the account is worth."""
    valuation = snapshot.valuation
    equity = valuation.net_liquidation if valuation.equity is None else valuation.equity
    if equity is None:
        return ()
    return (
        EquityPoint(
            at=snapshot.started_at,
            equity=equity,
            currency=valuation.currency,
            source=EquitySource.SNAPSHOT,
        ),
    )
