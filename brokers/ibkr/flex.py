"""The Flex Web Service: asked for a statement, which is made while one waits, and then fetched.

Version 3, over HTTPS; the token is a parameter of the address, as the vendor has it (2026), so
addresses are in no log. Statements change once a day: asking often is refused.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from brokers.contract import Opening
from brokers.gate import Call, Purpose
from brokers.http import Answer, Dialect, Http, unanswered
from brokers.ibkr.statement import Statement, document, statement
from brokers.limits import Allowance
from brokers.wire import said as shown
from domain.errors import BrokerError, NotPermitted, Refused, Unintelligible

_FRESH = timedelta(hours=4)
# In seconds; a statement takes from one to some twenty.
_PAUSES = (1.0, 2.0, 3.0, 5.0, 5.0, 10.0, 10.0, 20.0)
_SOON = frozenset({"1001", "1004", "1005", "1006", "1007", "1008", "1009", "1019", "1021"})
_INSTRUCTIONS: Mapping[str, str] = {
    "1011": "the Flex Web Service is switched off for this user: switch it on again",
    "1012": "the Flex token has expired: make a new one and sign in again with it",
    "1013": "the Flex token may not be used from this server's address",
    "1014": "there is no Flex query with this number, or it has been changed",
    "1015": "the Flex token is not valid: make a new one and sign in again with it",
    "1016": "the Flex query is of another account",
}


class Flex:
    """One token and one query."""

    def __init__(self, opening: Opening, token: str, query: str) -> None:
        self._clock, self._token, self._query = opening.clock, token, query
        self._base = opening.endpoints["flex"].rstrip("/")
        dialect = Dialect(refusal=_refusal, allowance=_allowance, request_id="X-Request-ID")
        headers = {"User-Agent": "Brokergraph"}
        self._http = Http(opening.gate, opening.clock, dialect, headers=headers)
        self._turn = asyncio.Lock()
        self._root: Any = None
        self._made_at: datetime | None = None

    async def statement(self, account: str) -> Statement:
        """An account's, at most four hours old."""
        async with self._turn:
            now = self._clock.now()
            if self._made_at is None or now - self._made_at > _FRESH:
                self._root, self._made_at = await self._fetched(), now
        return statement(self._root, account)

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._http.aclose()

    async def _fetched(self) -> Any:
        """Ask, then fetch by the reference; its address is ours, whatever the answer names."""
        asked = await self._patiently("SendRequest", {"q": self._query})
        reference = asked.findtext("ReferenceCode")
        if not reference:
            raise Unintelligible("the Flex Web Service gave no reference")
        return await self._patiently("GetStatement", {"q": reference})

    async def _patiently(self, verb: str, params: Mapping[str, str]) -> Any:
        for pause in _PAUSES:
            root = await self._get(verb, params)
            code = root.findtext("ErrorCode")
            if code is None:
                return root
            if code not in _SOON:
                raise _refused(code, root.findtext("ErrorMessage") or "")
            await self._clock.sleep(pause)
        raise Refused("the Flex Web Service is still at work on the statement; it is asked again")

    async def _get(self, verb: str, params: Mapping[str, str]) -> Any:
        call = Call(operation="flex", purpose=Purpose.READ, method="GET", path=f"/{verb}")
        url = f"{self._base}/{verb}"
        answer = await self._http.request(call, url, params={"t": self._token, "v": "3", **params})
        return document(answer.body)


def _refused(code: str, text: str) -> BrokerError:
    """Never a rejected sign-in: the Gateway goes on without its statements."""
    if code in _INSTRUCTIONS:
        return NotPermitted(_INSTRUCTIONS[code], broker_code=code)
    return Refused(f"Flex Web Service: {shown(text) or code}", broker_code=code)


def _refusal(answer: Answer, call: Call, _: datetime) -> BrokerError | None:
    if answer.status == HTTPStatus.OK:
        return None
    message = f"Flex Web Service: HTTP {answer.status}"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unanswered(call, message)
    return Refused(message)


def _allowance(_: Mapping[str, str]) -> Allowance | None:
    return None
