"""What was booked: whole by the Flex Web Service, else the fills that a Gateway still tells of."""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from brokers.contract import Opening
from brokers.ibkr.flex import Flex
from brokers.ibkr.listing import Listing
from brokers.ibkr.statement import fill_of
from domain.equity import EquityPoint
from domain.transaction import TransactionPage

log = logging.getLogger(__name__)


class Books:
    """Transactions of a login's accounts."""

    def __init__(self, opening: Opening, listing: Listing) -> None:
        token, query = (opening.credentials.get(f"flex_{name}") for name in ("token", "query"))
        self._flex = Flex(opening, token, query) if token and query else None
        if self._flex is None and not opening.trial:
            extra = {"connection": opening.gate.connection}
            log.info("Without a Flex query only the fills of the day are booked", extra=extra)
        self._listing = listing

    async def transactions(self, account: str, since: datetime | None) -> TransactionPage:
        """All from `since` on that there is, in one page."""
        if self._flex is not None:
            booked = (await self._flex.statement(account)).transactions
        else:
            booked = tuple([fill_of(*each) for each in await self._listing.fills(account)])
        kept = (one for one in booked if since is None or one.at >= since)
        ordered = sorted(kept, key=lambda one: (one.at, one.broker_id))
        return TransactionPage(transactions=tuple(ordered))

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """The account's worth at the end of each day, if the query has it."""
        if self._flex is None:
            return ()
        days = (await self._flex.statement(account)).days
        return tuple(day for day in days if since is None or (day.day and day.day >= since))

    async def aclose(self) -> None:
        """Let go of every socket."""
        if self._flex is not None:
            await self._flex.aclose()
