"""Alpaca's OAuth 2: the page where a person consents, and the token for the code it sends back.

Source: the vendor's OAuth guide, 2026-06: no PKCE, client_secret in the form, a token without end
and without refresh, the same one for paper and live. Standard errors (RFC 6749) are assumed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

from brokers.alpaca import errors
from brokers.contract import Asked, Credentials, Opening
from brokers.gate import Call, Purpose
from brokers.http import Answer, Dialect, Http, unanswered
from brokers.wire import Row, document
from domain.connection import Permission
from domain.errors import BrokerError, CredentialsRejected, RateLimited, Unintelligible

# How long a person may take; Alpaca does not say how long it waits itself.
PATIENCE = timedelta(minutes=10)
# Without any scope the account is read.
_SCOPES = {Permission.READ: "data", Permission.TRADE: "trading data"}
_PATH = "/oauth/token"


async def ask(opening: Opening, callback: str | None, state: str) -> Asked:
    """The page to open; it always comes back to the callback."""
    uri: str = prepare_grant_uri(
        f"{opening.endpoints['consent'].rstrip('/')}/oauth/authorize",
        opening.credentials["client_id"],
        "code",
        redirect_uri=callback,
        scope=_SCOPES[opening.permission],
        state=state,
    )
    return Asked(
        url=uri,
        state=state,
        kept=Credentials({"redirect_uri": callback or ""}),
        expires_at=opening.clock.now() + PATIENCE,
    )


async def redeem(opening: Opening, came: Mapping[str, str]) -> Credentials:
    """The token for the code; CredentialsRejected if Alpaca takes the code or our keys no more."""
    kept = opening.credentials
    form = {
        "grant_type": "authorization_code",
        "code": came["code"],
        "client_id": kept["client_id"],
        "client_secret": kept["client_secret"],
        "redirect_uri": kept["redirect_uri"],
    }
    http = Http(opening.gate, opening.clock, _DIALECT, headers={})
    call = Call(operation="redeem consent", purpose=Purpose.SESSION, method="POST", path=_PATH)
    try:
        url = f"{opening.endpoints['token'].rstrip('/')}{_PATH}"
        answer = await http.request(call, url, form=form)
    finally:
        await http.aclose()
    token = Row(document(answer.body), "the token").need_text("access_token")
    return Credentials({"access_token": token})


def _refusal(answer: Answer, call: Call, now: datetime) -> BrokerError | None:
    """The token endpoint's errors are OAuth's, not those of the rest."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = errors.retry_after(answer.headers, now)
        return RateLimited("Alpaca: too many sign-ins", retry_after=after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return unanswered(call, f"Alpaca did not exchange the consent (HTTP {status})")
    told = _told(answer.body)
    if told == "invalid_client":
        return CredentialsRejected("Alpaca does not know these application keys", broker_code=told)
    message = f"Alpaca does not take this consent ({told or f'HTTP {status}'})"
    return CredentialsRejected(message, broker_code=told)


def _told(body: bytes) -> str | None:
    try:
        return Row(document(body), "the refusal").words("error")[:40] or None
    except Unintelligible:
        return None


_DIALECT = Dialect(refusal=_refusal, allowance=errors.allowance, request_id="X-Request-ID")
