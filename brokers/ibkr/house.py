"""The accounts of a Gateway's login: which there are, their figures and their positions."""

from collections.abc import Sequence
from typing import Any

from brokers.contract import Opening
from brokers.ibkr import codes, parse, said
from brokers.ibkr.ears import POSITIONS
from brokers.ibkr.feed import Feed
from brokers.ibkr.link import Link
from brokers.ibkr.parse import Figures
from domain.account import Environment
from domain.errors import CredentialsRejected, Refused


class House:
    """What is asked of accounts; changes that are pushed afterwards are told to `feed`."""

    def __init__(self, link: Link, feed: Feed, opening: Opening) -> None:
        self._link, self._feed = link, feed
        self._paper = opening.environment is not Environment.LIVE
        self._only = opening.credentials.get("account") or None
        self._followed: dict[str, int] = {}

    def forget(self) -> None:
        """The connection ended, and all that was followed with it."""
        self._followed.clear()

    async def own(self) -> Sequence[str]:
        """The numbers that this connection is of; NotPermitted if they are of the other kind."""
        await self._link.connected()
        managed = self._link.accounts
        if any(parse.is_paper(number) is not self._paper for number in managed):
            raise codes.other_environment(paper=not self._paper)
        if self._only is None:
            return managed
        if self._only not in managed:
            raise _strange()
        return (self._only,)

    async def check(self, account: str) -> None:
        """CredentialsRejected if it is not one of ours; an order never goes to any other."""
        if account not in await self.own():
            raise _strange()

    async def figures(self, account: str) -> Figures:
        """All figures of an account, which from then on are followed."""
        number = -1

        def send(client: Any, asked: int) -> None:
            nonlocal number
            number = asked
            client.reqAccountUpdatesMulti(asked, account, "", False)  # noqa: FBT003 (the library's)

        try:
            rows = await self._link.ask("account", "REQ_ACCOUNT_UPDATES_MULTI", send)
        except Refused:
            # The connection may be a new one by now, to a Gateway that somebody else signed in to.
            await self.check(account)
            raise
        values = [row for row in rows if isinstance(row, said.Value)]
        self._feed.balances(account, values)
        before = self._followed.get(account)
        self._followed[account] = number
        self._link.follow(number, self._feed.value)
        if before is not None:
            await self._link.unsubscribe(
                "account",
                "CANCEL_ACCOUNT_UPDATES_MULTI",
                before,
                lambda client, old: client.cancelAccountUpdatesMulti(old),
            )
        return Figures(account, values)

    async def positions(self, account: str) -> Sequence[said.Position]:
        """What an account holds, gone ones included; changes are pushed from then on."""
        rows = await self._link.ask(
            "positions",
            "REQ_POSITIONS",
            lambda client, _: client.reqPositions(),
            key=POSITIONS,
        )
        held = parse.latest(row for row in rows if isinstance(row, said.Position))
        self._feed.positions(held)
        return [row for (number, _), row in held.items() if number == account]


def _strange() -> CredentialsRejected:
    return CredentialsRejected(
        "the Gateway is signed in to a login that does not manage this account: sign it in to the "
        "right one, or link another Gateway"
    )
