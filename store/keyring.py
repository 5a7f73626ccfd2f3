"""The master keys: from the environment or a private file, never from the database's folder."""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.audit_chain import AuditChain

_LENGTH = 32
_PRIVATE = 0o600


class KeyringUnusable(Exception):
    """The keys cannot be used as they are; the message says what to do."""


class Keyring:
    """Several keys, the first for what is sealed from now on; reread when one is not known."""

    def __init__(self, source: Callable[[], str]) -> None:
        self._source = source
        self._keys = _parsed(source())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Keys in base64, 32 bytes each, parted by commas or white space."""
        return cls(lambda: text)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Keys in a file that only its owner can read; raises KeyringUnusable."""
        return cls(lambda: _private_text(path))

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a key file; an existing one is never overwritten."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, _new_key(), os.O_EXCL)
        return cls.read(path)

    @classmethod
    def add(cls, path: Path) -> Self:
        """Put a fresh key first in a key file, in one step that nobody can see half done."""
        draft = path.with_name(path.name + ".new")
        _write(draft, f"{_new_key()}\n{_private_text(path)}", os.O_TRUNC)
        draft.replace(path)
        return cls.read(path)

    @property
    def primary(self) -> str:
        """The id of the key that seals."""
        return next(iter(self._keys))

    def key(self, key_id: str) -> bytes:
        """The key of this id; raises KeyringUnusable if it is nowhere to be found."""
        if key_id not in self._keys:
            self._keys = _parsed(self._source())
        try:
            return self._keys[key_id]
        except KeyError:
            message = f"the key {key_id} is missing: put it back after the newest one"
            raise KeyringUnusable(message) from None

    def audit_chain(self) -> AuditChain:
        """The chain under keys derived from these, as they are now in the file."""
        self._keys = _parsed(self._source())
        return AuditChain([_derived(key, b"audit chain") for key in self._keys.values()])

    def preview_secret(self) -> bytes:
        """What signs previews, the same in every process that has these keys."""
        return _derived(self.key(self.primary), b"order previews")

    def sign_in_secret(self) -> bytes:
        """What seals the state of browsers that are away at a provider."""
        return _derived(self.key(self.primary), b"sign-ins by a provider")

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_LENGTH, salt=None, info=purpose).derive(key)


def _new_key() -> str:
    return base64.b64encode(os.urandom(_LENGTH)).decode()


def _write(path: Path, text: str, flag: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flag, _PRIVATE), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _private_text(path: Path) -> str:
    try:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise KeyringUnusable(f"others can read {path.name}: chmod 600 it")
        return path.read_text()
    except FileNotFoundError:
        raise KeyringUnusable(f"there is no key file {path.name}") from None


def _parsed(text: str) -> dict[str, bytes]:
    keys = [_key(word) for word in text.replace(",", " ").split()]
    if not keys:
        raise KeyringUnusable("there is no key: make one with `keys create`")
    return {hashlib.sha256(b"key id" + key).hexdigest()[:16]: key for key in keys}


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _LENGTH:
        raise KeyringUnusable("a key is not 32 bytes in base64")
    return key
