"""What signs connections in: sealed in the vault, or in memory alone where the user wants that."""

from collections.abc import Collection, Mapping

import orjson

from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.models import CredentialRow
from store.vault import Sealed, Vault, sealed_of


class Credentials:
    """Kept by connection; never in a log, a repr or a journal."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._memory: dict[ConnectionId, dict[str, str]] = {}

    async def put(
        self,
        user: UserId,
        connection: ConnectionId,
        values: Mapping[str, str],
        *,
        persist: bool,
    ) -> None:
        """Keep them in place of any earlier ones; call it inside a transaction."""
        if not persist:
            self._memory[connection] = dict(values)
            return
        sealed = self._vault.seal(orjson.dumps(dict(values)), user, connection)
        await CredentialRow.bulk_create(
            [_row(sealed, user, connection)],
            on_conflict=["connection_id"],
            update_fields=["key_id", "wrapped_key", "sealed"],
        )

    async def of(self, user: UserId, connection: ConnectionId) -> Mapping[str, str]:
        """The values by name; raises Problem(CREDENTIALS_REJECTED) if there are none."""
        if connection in self._memory:
            return dict(self._memory[connection])
        row = await CredentialRow.get_or_none(connection_id=connection, user_id=user)
        if row is None:
            message = "the sign-in of this connection is not here any more; sign in again"
            raise Problem(ErrorCode.CREDENTIALS_REJECTED, message)
        values: dict[str, str] = orjson.loads(self._vault.open(sealed_of(row), user, connection))
        return values

    async def among(self, connections: Collection[str]) -> frozenset[str]:
        """Those of these connections that can be signed in."""
        if not connections:
            return frozenset()
        rows = CredentialRow.filter(connection_id__in=list(connections))
        kept = await rows.values_list("connection_id", flat=True)
        return frozenset(map(str, kept)) | (self._memory.keys() & set(connections))

    async def erase(self, connection: ConnectionId) -> None:
        """Forget them; call it inside a transaction."""
        self._memory.pop(connection, None)
        await CredentialRow.filter(connection_id=connection).delete()


def _row(sealed: Sealed, user: UserId, connection: ConnectionId) -> CredentialRow:
    return CredentialRow(
        connection_id=connection,
        user_id=user,
        key_id=sealed.key_id,
        wrapped_key=sealed.wrapped_key,
        sealed=sealed.sealed,
    )
