"""Reading a JWT and checking its signature, with nothing but the primitives.

What Coinbase signs and claims: its SDK 1.8.4 and documentation, 2026-07.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

_PARTS = 3
_HALF = 32
"""Bytes of r, and of s, in an ES256 signature."""
LONGEST = 120
"""Seconds that a token may live."""
LEEWAY = 5
"""Seconds that clocks may differ by."""


class Forged(Exception):
    """The token proves nothing."""


@dataclass(frozen=True, slots=True)
class Token:
    """A JWT whose signature has not been looked at yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def read(text: str) -> Token:
    """Take it apart; `Forged` if that cannot be done."""
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise Forged("not three parts")
    try:
        header, claims = (json.loads(_bytes(part)) for part in parts[:2])
        signature = _bytes(parts[2])
    except ValueError:
        raise Forged("not readable") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Forged("not objects")
    return Token(header, claims, ".".join(parts[:2]).encode(), signature)


def verify(token: Token, public: EllipticCurvePublicKey | Ed25519PublicKey) -> None:
    """`Forged` unless the key belonging to `public` signed it, by the algorithm that it names."""
    try:
        if isinstance(public, Ed25519PublicKey):
            _expect(token, "EdDSA")
            public.verify(token.signature, token.signed)
        else:
            _expect(token, "ES256")
            public.verify(_der(token.signature), token.signed, ECDSA(SHA256()))
    except InvalidSignature:
        raise Forged("not signed by this key") from None


def check(token: Token, key_name: str, uri: str | None, now: float) -> None:
    """`Forged` unless it is of this key, for this request (None: a websocket) and of this moment.

    `uri` is the method, a space, the host and the path without the query.
    """
    claims = token.claims
    if (claims.get("sub"), claims.get("iss")) != (key_name, "cdp"):
        raise Forged("not of this key")
    if claims.get("uri") != uri:
        raise Forged("for another request")
    begins, ends = claims.get("nbf"), claims.get("exp")
    if not isinstance(begins, int) or not isinstance(ends, int) or ends - begins > LONGEST:
        raise Forged("lives too long")
    if not begins - LEEWAY <= now < ends + LEEWAY:
        raise Forged("not valid now")


def _expect(token: Token, algorithm: str) -> None:
    if token.header.get("alg") != algorithm:
        raise Forged("another algorithm")


def _der(signature: bytes) -> bytes:
    if len(signature) != 2 * _HALF:
        raise Forged("not a signature")
    r, s = (int.from_bytes(part) for part in (signature[:_HALF], signature[_HALF:]))
    return encode_dss_signature(r, s)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
