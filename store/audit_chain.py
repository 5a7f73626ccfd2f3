"""The chain of a user's audit lines: each hash covers its line and the hash before it."""

import hashlib
import hmac
from collections.abc import Sequence

from domain.audit import AuditEntry
from domain.ids import UserId
from store.codec import encode
from store.models import AuditLine


class AuditChain:
    """Makes links with its first key and takes those of any, none of which is in the database."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def next(self, user: UserId, sequence: int, head: str, entry: AuditEntry) -> AuditLine:
        """The line that follows `head`, which has this sequence."""
        value = encode(entry)
        return AuditLine(
            user_id=user,
            sequence=sequence + 1,
            at=entry.at,
            connection_id=entry.connection,
            value=value,
            hash=self.sign(link_text(user, sequence + 1, head, value)),
        )

    def sign(self, text: str) -> str:
        """Proof that this server wrote the text."""
        return _sign(self._keys[0], text)

    def holds(self, text: str, signature: str) -> bool:
        """Whether this server wrote the text, with a key that it has now or had before."""
        return any(hmac.compare_digest(_sign(key, text), signature) for key in self._keys)


def link_text(user: str, sequence: int, head: str, value: str) -> str:
    """What the hash of a line covers."""
    return f"{user}\n{sequence}\n{head}\n{value}"


def _sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
