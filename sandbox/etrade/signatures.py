"""OAuth 1.0a signatures, checked from the specification (RFC 5849), by no library's help.

E*TRADE takes HMAC-SHA1 alone, a time within five minutes and each nonce once (API documentation).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SKEW = timedelta(minutes=5)
_NEEDED = (
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature_method",
    "oauth_signature",
    "oauth_timestamp",
)


class Unsigned(Exception):
    """What is wrong with a request's signature, in OAuth's words."""


def parameters(header: str) -> dict[str, str]:
    """The parameters of an Authorization header; Unsigned if it is none of OAuth's."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        raise Unsigned("parameter_absent")
    found = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if equals and len(value) > 1 and value[0] == value[-1] == '"' and name != "realm":
            found[unquote(name)] = unquote(value[1:-1])
    for name in _NEEDED:
        if name not in found:
            raise Unsigned(f"parameter_absent&oauth_parameters_absent={name}")
    if found["oauth_signature_method"] != "HMAC-SHA1":
        raise Unsigned("signature_method_rejected")
    return found


def check(method: str, url: str, told: Mapping[str, str], secret: str, token_secret: str) -> None:
    """Nothing if the signature is of this request; else Unsigned. The URL is as it arrived."""
    key = f"{_escaped(secret)}&{_escaped(token_secret)}".encode()
    digest = hmac.digest(key, _base(method, url, told).encode(), hashlib.sha1)
    if not hmac.compare_digest(base64.b64encode(digest).decode(), told["oauth_signature"]):
        raise Unsigned("signature_invalid")


class Clockwork:
    """Times that are near enough, which is `skew`, and nonces that were not seen before."""

    def __init__(self) -> None:
        self.skew = SKEW
        self._seen: dict[tuple[str, str, str], datetime] = {}

    def check(self, told: Mapping[str, str], now: datetime) -> None:
        """Nothing for a fresh one; else Unsigned."""
        text = told["oauth_timestamp"]
        seconds = int(text) if text.isdigit() else 0
        earliest, latest = ((now + sign * self.skew).timestamp() for sign in (-1, 1))
        if not earliest <= seconds <= latest:
            window = f"{int(earliest)}-{int(latest)}"
            raise Unsigned(f"timestamp_refused,oauth_acceptable_timestamps={window}")
        key = (told["oauth_consumer_key"], text, told["oauth_nonce"])
        if key in self._seen:
            raise Unsigned("nonce_used")
        self._seen = {one: at for one, at in self._seen.items() if at > now - 2 * SKEW} | {key: now}


def _base(method: str, url: str, told: Mapping[str, str]) -> str:
    """Section 3.4.1: the method, the URL without its query, all parameters but the signature."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    given += [(name, value) for name, value in told.items() if name != "oauth_signature"]
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in given)
    listed = "&".join(f"{name}={value}" for name, value in pairs)
    where = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"
    return "&".join([method.upper(), _escaped(where), _escaped(listed)])


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")
