"""Signing in at E*TRADE: OAuth 1.0a, by a code that is copied or by a registered callback.

The callback is always asked for as `oob`: a consumer key either has an address registered with
E*TRADE, to which the person is then sent back, or shows a code to copy (API documentation, 2026).
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, quote

from brokers.contract import Asked, Credentials, Opening
from brokers.etrade.client import DIALECT, HEADERS
from brokers.etrade.sign import Keys, signed
from brokers.gate import Call, Purpose
from brokers.http import Http
from domain.errors import (
    CredentialsRejected,
    ErrorCode,
    OutcomeUnknown,
    Unintelligible,
    Unreachable,
)

# A request token and the code for it live no longer.
_LIVES = timedelta(minutes=5)
_OUT_OF_BAND = "oob"


async def ask(opening: Opening, callback: str | None, state: str) -> Asked:
    """A request token, and the page on which the person lets us in.

    E*TRADE takes no state of ours and no callback: what comes back is known by the token.
    """
    del callback, state
    now = opening.clock.now()
    keys = _app(opening, callback=_OUT_OF_BAND)
    token, secret = await _token(opening, keys, "request_token")
    page = opening.endpoints["authorize"].rstrip("/")
    key = quote(keys.consumer_key, safe="")
    return Asked(
        url=f"{page}/e/t/etws/authorize?key={key}&token={quote(token, safe='')}",
        state=token,
        kept=Credentials({"request_token": token, "request_secret": secret}),
        expires_at=now + _LIVES,
    )


async def redeem(opening: Opening, returned: Mapping[str, str]) -> Credentials:
    """The token that the person's code is good for, once."""
    verifier = returned.get("oauth_verifier", "").strip()
    if not verifier:
        raise CredentialsRejected("E*TRADE's code is missing")
    kept = opening.credentials
    keys = _app(
        opening,
        token=kept["request_token"],
        token_secret=kept["request_secret"],
        verifier=verifier,
    )
    at = opening.clock.now()
    token, secret = await _token(opening, keys, "access_token")
    return Credentials(
        {
            "consumer_key": keys.consumer_key,
            "consumer_secret": keys.consumer_secret,
            "token": token,
            "token_secret": secret,
            # Before it was asked for: a token that came at midnight must not seem to live a day.
            "signed_in_at": at.isoformat(),
        }
    )


def _app(
    opening: Opening,
    *,
    callback: str | None = None,
    token: str = "",
    token_secret: str = "",
    verifier: str | None = None,
) -> Keys:
    return Keys(
        consumer_key=opening.credentials["consumer_key"],
        consumer_secret=opening.credentials["consumer_secret"],
        token=token,
        token_secret=token_secret,
        callback=callback,
        verifier=verifier,
    )


async def _token(opening: Opening, keys: Keys, name: str) -> tuple[str, str]:
    """A token and its secret, out of a form-encoded answer.

    What cannot be understood is Unreachable: a sign-in that came to nothing is begun anew.
    """
    call = Call(operation=name, purpose=Purpose.SESSION, method="GET", path=f"/oauth/{name}")
    http = Http(
        opening.gate,
        opening.clock,
        DIALECT,
        headers=HEADERS,
        sign=lambda method, url: signed(keys, method, url, opening.clock.now()),
    )
    try:
        answer = await http.request(call, opening.endpoints["oauth"].rstrip("/") + call.path)
        return pair(answer.body)
    except (OutcomeUnknown, Unintelligible) as error:
        message = error.message
    finally:
        await http.aclose()
    raise Unreachable(f"{message}; begin the sign-in again", code=ErrorCode.BROKER_UNREACHABLE)


def pair(body: bytes) -> tuple[str, str]:
    """Decoded once: tokens hold slashes and equal signs."""
    found = dict(parse_qsl(body.decode("ascii", "replace")))
    token, secret = found.get("oauth_token"), found.get("oauth_token_secret")
    if not token or not secret:
        raise Unintelligible("E*TRADE answered without a token")
    return token, secret
