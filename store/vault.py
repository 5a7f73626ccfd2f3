"""Secrets at rest: each under a key of its own, and that key under the master key."""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.ids import ConnectionId, UserId
from store.keyring import Keyring, KeyringUnusable
from store.models import CredentialRow

__all__ = ["Keyring", "Sealed", "Tampered", "Vault", "sealed_of"]

_NONCE = 12
_BATCH = 100


class Tampered(Exception):
    """What was sealed does not open: altered, or moved from another row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A secret that only the vault can open, and only for whom it was sealed."""

    key_id: str
    wrapped_key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


class Vault:
    """AES-256-GCM, bound to a user and a connection."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    def seal(self, plaintext: bytes, user: UserId, connection: ConnectionId) -> Sealed:
        """Lock it away under the newest master key."""
        key = AESGCM.generate_key(256)
        return self._wrapped(
            key, _encrypt(key, plaintext, _whose(user, connection)), user, connection
        )

    def open(self, sealed: Sealed, user: UserId, connection: ConnectionId) -> bytes:
        """The plaintext again; raises Tampered."""
        key = self._unwrapped(sealed, user, connection)
        return _decrypt(key, sealed.sealed, _whose(user, connection))

    def rewrap(self, sealed: Sealed, user: UserId, connection: ConnectionId) -> Sealed:
        """The same secret under the newest master key, without ever seeing it."""
        key = self._unwrapped(sealed, user, connection)
        return self._wrapped(key, sealed.sealed, user, connection)

    async def rotate(self) -> int:
        """Bring every credential under the newest key while others read them; how many."""
        count = 0
        while rows := await CredentialRow.exclude(key_id=self.keyring.primary).limit(_BATCH):
            for row in rows:
                count += await self._rotate(row)
        return count

    async def unopened(self) -> tuple[ConnectionId, ...]:
        """The connections whose credential does not open under these keys."""
        rows = await CredentialRow.all().order_by("connection_id")
        return tuple(ConnectionId(row.connection_id) for row in rows if not self._opens(row))

    def _opens(self, row: CredentialRow) -> bool:
        try:
            self.open(sealed_of(row), UserId(row.user_id), ConnectionId(row.connection_id))
        except (Tampered, KeyringUnusable):
            return False
        return True

    async def _rotate(self, row: CredentialRow) -> int:
        """Only if nobody has sealed a newer credential meanwhile: that is not to be undone."""
        user, connection = UserId(row.user_id), ConnectionId(row.connection_id)
        anew = self.rewrap(sealed_of(row), user, connection)
        unchanged = CredentialRow.filter(connection_id=connection, wrapped_key=row.wrapped_key)
        return await unchanged.update(key_id=anew.key_id, wrapped_key=anew.wrapped_key)

    def _wrapped(self, key: bytes, sealed: bytes, user: UserId, connection: ConnectionId) -> Sealed:
        key_id = self.keyring.primary
        about = f"{key_id}|{_whose(user, connection)}"
        wrapped = _encrypt(self.keyring.key(key_id), key, about)
        return Sealed(key_id=key_id, wrapped_key=wrapped, sealed=sealed)

    def _unwrapped(self, sealed: Sealed, user: UserId, connection: ConnectionId) -> bytes:
        about = f"{sealed.key_id}|{_whose(user, connection)}"
        return _decrypt(self.keyring.key(sealed.key_id), sealed.wrapped_key, about)


def sealed_of(row: CredentialRow) -> Sealed:
    """What the row keeps."""
    return Sealed(key_id=row.key_id, wrapped_key=bytes(row.wrapped_key), sealed=bytes(row.sealed))


def _whose(user: UserId, connection: ConnectionId) -> str:
    return f"{user}|{connection}"


def _encrypt(key: bytes, plaintext: bytes, about: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, about.encode())


def _decrypt(key: bytes, sealed: bytes, about: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
    except InvalidTag:
        raise Tampered("a sealed credential does not open") from None
