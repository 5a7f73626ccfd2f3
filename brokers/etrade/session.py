"""A sign-in's life: it idles after two hours and ends at midnight in New York, whatever is done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from brokers.contract import Credentials
from brokers.etrade.sign import Keys, signed
from brokers.etrade.times import next_midnight
from domain.clock import Clock
from domain.errors import BrokerError, CredentialsRejected, Unintelligible

# Of the two hours after which a token is inactive; counted from the last call that went well.
RENEW_AFTER = timedelta(minutes=110)
# After a renewal that could not be made, in seconds.
_TRY_AGAIN = 60.0
_OVER = "E*TRADE ends every sign-in at midnight in New York; sign in again"


class Session:
    """One token: signs with it, renews it in time, and knows when it is over.

    `renew` asks E*TRADE to. Raises CredentialsRejected once only a new sign-in helps.
    """

    def __init__(
        self, credentials: Credentials, clock: Clock, renew: Callable[[], Awaitable[None]]
    ) -> None:
        self._clock, self._renew = clock, renew
        self._keys = keys_of(credentials)
        acquired = _moment(credentials)
        self.expires_at = next_midnight(acquired)
        # Since when it idles is not known of one that was in use before: it is renewed to be sure.
        idled_seconds = (clock.now() - acquired).total_seconds()
        self._used_at, self.renewals = clock.monotonic() - idled_seconds, 0
        self._one = asyncio.Lock()
        self._ended: str | None = None

    def sign(self, method: str, url: str) -> Mapping[str, str]:
        """The headers of one attempt."""
        return signed(self._keys, method, url, self._clock.now())

    def check(self) -> None:
        """Nothing while it lives; nothing is asked of E*TRADE with a token that is known dead."""
        if self._ended is None and self._clock.now() >= self.expires_at:
            self._ended = _OVER
        if self._ended is not None:
            raise CredentialsRejected(self._ended)

    def end(self, reason: str) -> None:
        """E*TRADE takes the token no more, nor renews it."""
        self._ended = f"{reason}; sign in again"

    def used(self) -> None:
        """A call went well."""
        self._used_at = self._clock.monotonic()

    async def fresh(self) -> None:
        """Renew it if it has nearly idled away."""
        self.check()
        renewals = self.renewals
        if self._idle_seconds() >= RENEW_AFTER.total_seconds():
            await self.renewed(renewals)

    async def renewed(self, renewals: int) -> None:
        """Renew it, unless it was since it had been `renewals` times; refused, it is over."""
        async with self._one:
            self.check()
            if self.renewals != renewals:
                return
            try:
                await self._renew()
            except CredentialsRejected as error:
                self.end(error.message)
                raise
            self.renewals += 1
            self.used()

    async def kept(self) -> None:
        """Keep it from idling until it is over, which is raised."""
        while True:
            self.check()
            left = (self.expires_at - self._clock.now()).total_seconds()
            pause = RENEW_AFTER.total_seconds() - self._idle_seconds()
            await self._clock.sleep(max(0.0, min(left, pause)))
            try:
                await self.fresh()
            except CredentialsRejected:
                raise
            except BrokerError:
                await self._clock.sleep(_TRY_AGAIN)

    def _idle_seconds(self) -> float:
        return self._clock.monotonic() - self._used_at


def keys_of(credentials: Credentials) -> Keys:
    """What the credentials of a sign-in sign with."""
    return Keys(
        consumer_key=credentials["consumer_key"],
        consumer_secret=credentials["consumer_secret"],
        token=credentials["token"],
        token_secret=credentials["token_secret"],
    )


def _moment(credentials: Credentials) -> datetime:
    try:
        moment = datetime.fromisoformat(credentials["signed_in_at"])
    except (KeyError, ValueError):
        raise Unintelligible("the sign-in does not say when it was made") from None
    return moment
