"""E*TRADE's requests: where they go, how they are signed, and how a token is kept alive."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from brokers.contract import Opening
from brokers.etrade import body, errors
from brokers.etrade.session import Session
from brokers.gate import Call, Purpose
from brokers.http import Answer, Dialect, Http, filled
from brokers.outcomes import perhaps_done
from brokers.wire import Row

DIALECT = Dialect(refusal=errors.refusal, allowance=errors.allowance, request_id="X-Request-ID")
# JSON is chosen by the path's ending; XML may come all the same.
HEADERS = {"Accept": "application/json"}
_ENDING = ".json"


class Client:
    """One sign-in's way to E*TRADE's hosts, which go by the names of the plugin's endpoints."""

    def __init__(self, opening: Opening) -> None:
        self._endpoints = opening.endpoints
        self.session = Session(opening.credentials, opening.clock, self._renew)
        self._http = Http(
            opening.gate, opening.clock, DIALECT, headers=HEADERS, sign=self.session.sign
        )

    async def read(
        self, operation: str, path: str, params: Mapping[str, str] | None = None, **ids: str
    ) -> Row:
        """The document at a path, whose `{names}` are filled in from `ids`; empty if there is none.

        A token that was refused is renewed and the call repeated, once.
        """
        call = Call(operation=operation, purpose=Purpose.READ, method="GET", path=path)
        return await self._asked(call, self._url(path, params, ids))

    async def preview(
        self,
        operation: str,
        method: str,
        path: str,
        json: Mapping[str, object],
        ids: Mapping[str, str],
    ) -> Row:
        """Have an order worked out; nothing comes of it, so it is asked like a read."""
        call = Call(operation=operation, purpose=Purpose.READ, method=method, path=path)
        return await self._asked(call, self._url(path, None, ids), json)

    async def send(
        self,
        operation: str,
        method: str,
        path: str,
        json: Mapping[str, object],
        ids: Mapping[str, str],
        *,
        purpose: Purpose = Purpose.TRADE,
    ) -> Row:
        """Change something once; what cannot be read of the answer leaves the outcome unknown."""
        call = Call(operation=operation, purpose=purpose, method=method, path=path)
        with perhaps_done():
            answer = await self._http.request(call, self._url(path, None, ids), json=json)
            self.session.used()
            return body.read(answer.body)

    async def revoke(self) -> None:
        """Give the token back."""
        await self._token_call("revoke", "/oauth/revoke_access_token")

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._http.aclose()

    async def _asked(self, call: Call, url: str, json: Mapping[str, object] | None = None) -> Row:
        await self.session.fresh()
        renewals = self.session.renewals
        try:
            answer = await self._http.request(call, url, json=json)
        except errors.Stale:
            await self.session.renewed(renewals)
            answer = await self._again(call, url, json)
        self.session.used()
        return body.read(answer.body)

    async def _again(self, call: Call, url: str, json: Mapping[str, object] | None) -> Answer:
        """After a renewal; some are told that it worked and are refused all the same."""
        try:
            return await self._http.request(call, url, json=json)
        except errors.Stale as error:
            self.session.end(error.message)
            raise

    async def _renew(self) -> None:
        await self._token_call("renew", "/oauth/renew_access_token")

    async def _token_call(self, operation: str, path: str) -> None:
        call = Call(operation=operation, purpose=Purpose.SESSION, method="GET", path=path)
        await self._http.request(call, self._endpoints["oauth"].rstrip("/") + path)

    def _url(self, path: str, params: Mapping[str, str] | None, ids: Mapping[str, str]) -> str:
        """Exactly what is signed and sent: a space is %20, never a plus."""
        query = f"?{urlencode(params, quote_via=quote, safe='')}" if params else ""
        return self._endpoints["api"].rstrip("/") + filled(path, ids) + _ENDING + query
