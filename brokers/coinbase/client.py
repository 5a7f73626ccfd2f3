"""Coinbase's requests: where they go, how they are signed, and what a doubtful refusal means."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import ClientWebSocketResponse

from brokers.coinbase import errors
from brokers.coinbase.keys import Signer
from brokers.contract import Opening
from brokers.gate import Call, Purpose
from brokers.http import Answer, Dialect, Http, filled
from brokers.outcomes import perhaps_done
from brokers.wire import Row, document
from domain.errors import BrokerError, CredentialsRejected, RateLimited, Refused

_ROOT = "/api/v3/brokerage"
_PERMISSIONS = f"{_ROOT}/key_permissions"
_MILLISECONDS = 1000
# Tokens are good from our clock's now on, for two minutes: past this the clock is to be set first.
_SKEW_SECONDS = 5

_DIALECT = Dialect(
    refusal=lambda answer, call, _: errors.refusal(answer, call),
    allowance=errors.allowance,
    request_id="x-request-id",
)

Query = Sequence[tuple[str, str]]


class Client:
    """One key's way to Coinbase's hosts, which go by the names of the plugin's endpoints."""

    def __init__(self, opening: Opening) -> None:
        self._endpoints, self._clock = opening.endpoints, opening.clock
        self._signer = Signer(opening.credentials, opening.clock)
        self._http = Http(
            opening.gate, opening.clock, _DIALECT, headers={}, sign=self._signer.request
        )

    async def read(self, operation: str, path: str, query: Query = (), **ids: str) -> Row:
        """The JSON object at a path, whose `{names}` are filled in from `ids`."""
        call = Call(operation=operation, purpose=Purpose.READ, method="GET", path=_ROOT + path)
        answer = await self._ask(call, self._url(call.path, query, ids))
        return Row(document(answer.body), "the answer")

    async def ask(self, operation: str, path: str, json: Mapping[str, object]) -> Row:
        """What Coinbase works out from a body, with nothing done."""
        call = Call(operation=operation, purpose=Purpose.READ, method="POST", path=_ROOT + path)
        answer = await self._ask(call, self._url(call.path), json)
        return Row(document(answer.body), "the answer")

    async def send(
        self, operation: str, path: str, json: Mapping[str, object], *, cancels: bool = False
    ) -> Row:
        """Change something once; what cannot be read of the answer leaves the outcome unknown."""
        purpose = Purpose.CANCEL if cancels else Purpose.TRADE
        call = Call(operation=operation, purpose=purpose, method="POST", path=_ROOT + path)
        with perhaps_done():
            answer = await self._ask(call, self._url(call.path), json)
            return Row(document(answer.body), "the answer")

    async def connect(self, operation: str, host: str) -> ClientWebSocketResponse:
        """Open a websocket; what is subscribed to it is signed for one by one."""
        call = Call(operation=operation, purpose=Purpose.SESSION, method="GET", path="/")
        return await self._http.websocket(call, self._endpoints[host])

    def subscription(self) -> str:
        """The token of one subscription."""
        return self._signer.subscription()

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._http.aclose()

    async def _ask(self, call: Call, url: str, json: Mapping[str, object] | None = None) -> Answer:
        try:
            return await self._http.request(call, url, json=json)
        except errors.Doubtful as error:
            doubt = error
        await self._settle(call, doubt)
        if call.purpose is not Purpose.READ:
            raise Refused("Coinbase did not accept the token of this request; nothing was done")
        try:
            return await self._http.request(call, url, json=json)
        except errors.Doubtful:
            pass
        # Where 429 was due 401 has been seen, coinbase-advanced-py issue 60.
        raise RateLimited("Coinbase accepts some tokens and not others", retry_after=None)

    async def _settle(self, call: Call, doubt: errors.Doubtful) -> None:
        """Nothing if the key is good after all; else the error that says what is not."""
        try:
            await self._http.request(_probe(call, _PERMISSIONS), self._url(_PERMISSIONS))
        except errors.Doubtful:
            pass
        except BrokerError as error:
            # How the probe went must not change what is known of the call: it was refused.
            failure = error.message
            raise Refused(f"{doubt.message}; {failure}") from None
        else:
            return
        off = await self._seconds_off(call)
        if off is None or abs(off) <= _SKEW_SECONDS:
            raise CredentialsRejected("Coinbase does not know this key, or not its signature")
        way = "behind" if off > 0 else "ahead of"
        raise Refused(f"this machine's clock is {abs(off)} seconds {way} Coinbase's: set it right")

    async def _seconds_off(self, call: Call) -> int | None:
        """How far Coinbase's clock is ahead of ours; None if it does not say."""
        path = f"{_ROOT}/time"
        try:
            answer = await self._http.request(_probe(call, path), self._url(path))
            millis = Row(document(answer.body), "the time").amount("epochMillis")
        except BrokerError:
            return None
        if millis is None:
            return None
        return int(millis) // _MILLISECONDS - int(self._clock.now().timestamp())

    def _url(self, path: str, query: Query = (), ids: Mapping[str, str] | None = None) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return self._endpoints["rest"].rstrip("/") + filled(path, ids or {}) + asked


def _probe(call: Call, path: str) -> Call:
    return Call(
        operation="confirm",
        purpose=Purpose.READ,
        method="GET",
        path=path,
        correlation_id=call.correlation_id,
    )
