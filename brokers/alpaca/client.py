"""Alpaca's requests: where they go, how they are signed, and what a doubtful refusal means."""

from collections.abc import Mapping

from aiohttp import ClientWebSocketResponse

from brokers.alpaca import errors
from brokers.contract import Credentials, Opening
from brokers.gate import Call, Purpose
from brokers.http import Answer, Dialect, Http, filled
from brokers.outcomes import perhaps_done
from brokers.wire import document
from domain.errors import BrokerError, CredentialsRejected, NotPermitted

_DIALECT = Dialect(refusal=errors.refusal, allowance=errors.allowance, request_id="X-Request-ID")


class Client:
    """One sign-in's way to Alpaca's hosts, which go by the names of the plugin's endpoints."""

    def __init__(self, opening: Opening) -> None:
        self._endpoints = opening.endpoints
        self._keys = opening.credentials
        self._http = Http(opening.gate, opening.clock, _DIALECT, headers=_signed(self._keys))

    async def read(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        host: str = "trading",
        **ids: str,
    ) -> object:
        """The JSON at a path, whose `{names}` are filled in from `ids`."""
        call = Call(operation=operation, purpose=Purpose.READ, method="GET", path=path)
        answer = await self._ask(call, self._url(host, path, ids), params=params)
        return document(answer.body)

    async def send(
        self, operation: str, method: str, path: str, json: Mapping[str, object], **ids: str
    ) -> object:
        """Change something once; what cannot be read of the answer leaves the outcome unknown."""
        call = Call(operation=operation, purpose=Purpose.TRADE, method=method, path=path)
        with perhaps_done():
            return document(
                (await self._ask(call, self._url("trading", path, ids), json=json)).body
            )

    async def delete(self, operation: str, path: str, **ids: str) -> None:
        """Ask for a cancel once."""
        call = Call(operation=operation, purpose=Purpose.CANCEL, method="DELETE", path=path)
        with perhaps_done():
            await self._ask(call, self._url("trading", path, ids))

    async def connect(self, operation: str, host: str, path: str) -> ClientWebSocketResponse:
        """Open a websocket; it still has to be signed in to."""
        call = Call(operation=operation, purpose=Purpose.SESSION, method="GET", path=path)
        return await self._http.websocket(call, self._url(host, path, {}))

    @property
    def sign_in(self) -> Mapping[str, object]:
        """The message that signs in to the order stream: keys as now documented, a token as ever.

        Streaming guide and OAuth guide, 2026-06.
        """
        if (token := self._keys.get("access_token")) is not None:
            return {"action": "authenticate", "data": {"oauth_token": token}}
        return {"action": "auth", "key": self._keys["key_id"], "secret": self._keys["secret"]}

    @property
    def price_sign_in(self) -> Mapping[str, object]:
        """The same for prices, where no token is documented to work: then they are polled."""
        if (token := self._keys.get("access_token")) is not None:
            return {"action": "auth", "key": "oauth", "secret": token}
        return self.sign_in

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._http.aclose()

    async def _ask(
        self,
        call: Call,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> Answer:
        try:
            return await self._http.request(call, url, params=params, json=json)
        except errors.Doubtful as error:
            doubt = error
        raise await self._settled(call, doubt)

    async def _settled(
        self, call: Call, doubt: errors.Doubtful
    ) -> CredentialsRejected | NotPermitted:
        """403 without a code is how dead keys look, but not they alone: the account tells."""
        rejected = CredentialsRejected(doubt.message, broker_code=doubt.broker_code)
        path = "/v2/account"
        if call.path == path:
            return rejected
        probe = Call(
            operation="confirm",
            purpose=Purpose.READ,
            method="GET",
            path=path,
            correlation_id=call.correlation_id,
        )
        try:
            await self._http.request(probe, self._url("trading", path, {}))
        except (errors.Doubtful, CredentialsRejected):
            return rejected
        except BrokerError:
            # How the probe went must not change what is known of the call: it was refused.
            pass
        # What a token lacks is a scope, which only another consent gives.
        way_out = "; sign in again to allow it" if "access_token" in self._keys else ""
        return NotPermitted(f"{doubt.message}{way_out}")

    def _url(self, host: str, path: str, ids: Mapping[str, str]) -> str:
        return self._endpoints[host].rstrip("/") + filled(path, ids)


def _signed(keys: Credentials) -> Mapping[str, str]:
    if "access_token" in keys:
        return {"Authorization": f"Bearer {keys['access_token']}"}
    return {"APCA-API-KEY-ID": keys["key_id"], "APCA-API-SECRET-KEY": keys["secret"]}
