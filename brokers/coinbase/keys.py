"""CDP keys and what they sign: a fresh JWT for every request and for every subscription.

Headers and claims: the vendor's SDK 1.8.4 and documentation, 2026-07.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from brokers.contract import Credentials
from domain.clock import Clock
from domain.errors import CredentialsRejected

# Seconds that Coinbase lets a token live.
_LIVES = 120
_SEED, _PAIR = 32, 64
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)

_Private = EllipticCurvePrivateKey | Ed25519PrivateKey


class _Registry(JWSRegistry):
    """Coinbase reads EdDSA, the name that RFC 9864 gave up, of which joserfc would warn."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


_REGISTRY = _Registry({"nonce": HeaderParameter("a number used once", "str")})


class Signer:
    """Signs with one key; CredentialsRejected if its private key cannot be read."""

    def __init__(self, credentials: Credentials, clock: Clock) -> None:
        self._name, self._clock = credentials["key_name"], clock
        private = private_key(credentials["private_key"])
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        edwards = isinstance(private, Ed25519PrivateKey)
        self._algorithm = "EdDSA" if edwards else "ES256"
        self._key = OKPKey.import_key(pem) if edwards else ECKey.import_key(pem)

    def request(self, method: str, url: str) -> Mapping[str, str]:
        """The headers of one attempt; the query is no part of what is signed."""
        parts = urlsplit(url)
        return {"Authorization": f"Bearer {self._token(f'{method} {parts.netloc}{parts.path}')}"}

    def subscription(self) -> str:
        """The token of one subscription, which is for no request."""
        return self._token(None)

    def _token(self, uri: str | None) -> str:
        now = int(self._clock.now().timestamp())
        header = {
            "alg": self._algorithm,
            "kid": self._name,
            "nonce": secrets.token_hex(),
            "typ": "JWT",
        }
        claims: dict[str, object] = {
            "sub": self._name,
            "iss": "cdp",
            "nbf": now,
            "exp": now + _LIVES,
        }
        if uri is not None:
            claims["uri"] = uri
        return jwt.encode(header, claims, self._key, registry=_REGISTRY)


def private_key(text: str) -> _Private:
    r"""A PEM in whatever way it was pasted (`\n` written out, lines lost), or Ed25519 in base64.

    Base64 is of the 32 bytes of the seed, of the 64 of seed and public key, or of PKCS8.
    """
    try:
        found = _read(text.replace("\\n", "\n").strip().strip("\"'"))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if isinstance(found, Ed25519PrivateKey):
        return found
    if isinstance(found, EllipticCurvePrivateKey) and isinstance(found.curve, SECP256R1):
        return found
    # What was typed in is in no error, nor is what the reader said of it.
    raise CredentialsRejected(
        "the private key is neither an EC (P-256) nor an Ed25519 key; paste all of it"
    )


def _read(text: str) -> object:
    if matched := _PEM.search(text):
        kind, body = matched.groups()
        joined = f"-----BEGIN {kind}-----\n{''.join(body.split())}\n-----END {kind}-----\n"
        return load_pem_private_key(joined.encode(), password=None)
    raw = base64.b64decode("".join(text.split()), validate=True)
    if len(raw) in {_SEED, _PAIR}:
        return Ed25519PrivateKey.from_private_bytes(raw[:_SEED])
    return load_der_private_key(raw, password=None)
