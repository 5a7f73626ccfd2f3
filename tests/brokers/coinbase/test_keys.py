"""A private key is read however it was pasted, and is in nothing that is ever shown."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from app.clock import RealClock
from brokers.coinbase.keys import Signer, private_key
from brokers.contract import Credentials
from domain.errors import CredentialsRejected
from sandbox.coinbase import tokens
from sandbox.coinbase.keys import es256
from sandbox.exchange import Exchange

KEY = es256("name", Exchange().open_account())
EDWARDS = Ed25519PrivateKey.generate()
SEED, PUBLIC = EDWARDS.private_bytes_raw(), EDWARDS.public_key().public_bytes_raw()


def pkcs8(encoding: Encoding) -> bytes:
    return EDWARDS.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "pasted",
    [
        KEY.secret,
        KEY.secret.replace("\n", "\\n"),
        KEY.secret.replace("\n", ""),
        KEY.secret.replace("\n", "\r\n"),
        f'  "{KEY.secret.strip()}"  ',
    ],
)
def test_a_pem_may_be_pasted_in_any_way(pasted: str) -> None:
    signer = Signer(Credentials({"key_name": "name", "private_key": pasted}), RealClock())
    header = signer.request("GET", "https://api.example.test/path?query=1")["Authorization"]
    token = tokens.read(header.removeprefix("Bearer "))
    tokens.verify(token, KEY.public)
    assert token.header["alg"] == "ES256"
    assert token.claims["uri"] == "GET api.example.test/path"


@pytest.mark.parametrize(
    "pasted",
    [
        base64.b64encode(SEED).decode(),
        base64.b64encode(SEED + PUBLIC).decode() + "\n",
        base64.b64encode(pkcs8(Encoding.DER)).decode(),
        pkcs8(Encoding.PEM).decode(),
    ],
    ids=["raw", "with the public half", "PKCS 8", "PEM"],
)
def test_an_ed25519_key_may_come_in_any_form(pasted: str) -> None:
    signer = Signer(Credentials({"key_name": "name", "private_key": pasted}), RealClock())
    token = tokens.read(signer.subscription())
    tokens.verify(token, EDWARDS.public_key())
    assert token.header["alg"] == "EdDSA"
    assert "uri" not in token.claims


def test_every_token_is_another_one() -> None:
    signer = Signer(Credentials({"key_name": "n", "private_key": KEY.secret}), RealClock())
    nonces = {tokens.read(signer.subscription()).header["nonce"] for _ in range(50)}
    assert len(nonces) == 50


def test_a_key_of_another_kind_is_refused_without_a_word_of_it() -> None:
    other = generate_private_key(SECP384R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for pasted in ("", "secret-text", KEY.secret[:-60], other.decode(), "A" * 44):
        with pytest.raises(CredentialsRejected) as told:
            private_key(pasted)
        assert told.value.__cause__ is None
        assert told.value.__context__ is None
        if pasted:
            assert pasted not in str(told.value)


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_whatever_is_pasted_is_a_key_or_is_refused(pasted: str) -> None:
    try:
        private_key(pasted)
    except CredentialsRejected:
        return
    assert len(base64.b64decode("".join(pasted.split()))) in {32, 64}
