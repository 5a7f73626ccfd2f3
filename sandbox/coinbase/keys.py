"""API keys of the sandbox's Coinbase: made when it starts, they open play money only."""

import base64
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox.account import Account


@dataclass(slots=True, kw_only=True)
class Key:
    """A key with what it may do; `secret` is what its owner was shown, never used to verify."""

    name: str
    secret: str = field(repr=False)
    public: EllipticCurvePublicKey | Ed25519PublicKey
    account: Account
    can_view: bool = True
    can_trade: bool = True
    can_transfer: bool = False
    dead: bool = False


def es256(name: str, account: Account, **may: bool) -> Key:
    """A P-256 key, whose secret is a PEM of the kind that begins with EC PRIVATE KEY."""
    private = generate_private_key(SECP256R1())
    return Key(name=name, secret=_pem(private), public=private.public_key(), account=account, **may)


def ed25519(name: str, account: Account, **may: bool) -> Key:
    """An Ed25519 key, whose secret is the seed and the public key in base64."""
    private = Ed25519PrivateKey.generate()
    raw = private.private_bytes_raw() + private.public_key().public_bytes_raw()
    secret = base64.b64encode(raw).decode()
    return Key(name=name, secret=secret, public=private.public_key(), account=account, **may)


def _pem(private: EllipticCurvePrivateKey) -> str:
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()
