"""Secrets at rest, and the keys above them."""

import asyncio
import base64
from dataclasses import replace
from pathlib import Path

import pytest

from domain.ids import ConnectionId, UserId
from store.database import Database
from store.keyring import Keyring, KeyringUnusable
from store.models import CredentialRow
from store.vault import Tampered, Vault
from tests.store.house import CREDENTIALS, KEY, USER, House, opened

OTHER_KEY = base64.b64encode(b"another-key-another-key-another!").decode()
CONNECTION = ConnectionId("c1")


def test_what_is_sealed_opens_for_its_owner_alone() -> None:
    vault = Vault(Keyring.parse(KEY))
    sealed = vault.seal(b"secret", USER, CONNECTION)
    assert vault.open(sealed, USER, CONNECTION) == b"secret"
    for user, connection in ((UserId("eve"), CONNECTION), (USER, ConnectionId("c2"))):
        with pytest.raises(Tampered):
            vault.open(sealed, user, connection)
    assert "secret" not in repr(sealed)
    assert sealed.sealed.hex() not in repr(sealed)


def test_every_flipped_byte_is_noticed() -> None:
    vault = Vault(Keyring.parse(KEY))
    sealed = vault.seal(b"secret", USER, CONNECTION)
    for name in ("sealed", "wrapped_key"):
        whole = getattr(sealed, name)
        for index in range(len(whole)):
            flipped = whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :]
            with pytest.raises(Tampered):
                vault.open(replace(sealed, **{name: flipped}), USER, CONNECTION)


def test_an_older_key_still_opens_what_it_sealed_and_a_lost_one_is_named() -> None:
    old = Vault(Keyring.parse(OTHER_KEY)).seal(b"secret", USER, CONNECTION)
    both = Vault(Keyring.parse(f"{KEY}, {OTHER_KEY}"))
    assert both.open(old, USER, CONNECTION) == b"secret"
    anew = both.rewrap(old, USER, CONNECTION)
    assert anew.key_id == both.keyring.primary
    assert anew.sealed == old.sealed
    only_new = Vault(Keyring.parse(KEY))
    assert only_new.open(anew, USER, CONNECTION) == b"secret"
    with pytest.raises(KeyringUnusable, match=old.key_id):
        only_new.open(old, USER, CONNECTION)


@pytest.mark.parametrize("text", ["", " , ", "c2hvcnQ=", "not base64!", KEY + "x"])
def test_a_text_without_proper_keys_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(KeyringUnusable) as caught:
        Keyring.parse(text)
    assert not text.strip(" ,") or text not in str(caught.value)


def test_a_key_file_is_private_is_never_overwritten_and_may_not_be_public(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master"
    keyring = Keyring.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.read(path).primary == keyring.primary
    with pytest.raises(FileExistsError):
        Keyring.create(path)
    path.chmod(0o644)
    with pytest.raises(KeyringUnusable, match="chmod 600"):
        Keyring.read(path)
    with pytest.raises(KeyringUnusable, match="no key file"):
        Keyring.read(tmp_path / "elsewhere")


def test_a_repr_shows_no_key() -> None:
    assert KEY not in repr(Keyring.parse(KEY))


async def test_keys_rotate_while_a_server_with_the_old_file_goes_on_reading(
    db: Database, tmp_path: Path
) -> None:
    path = tmp_path / "master"
    old = Keyring.create(path)
    async with opened(db, keyring=Keyring.read(path)) as server:
        connections = [await server.connect(label=str(index)) for index in range(7)]
        command = Vault(Keyring.add(path))
        assert command.keyring.primary != old.primary
        rotating = asyncio.create_task(command.rotate())
        while not rotating.done():
            await _all_open(server, [each.id for each in connections])
        assert await rotating == 7
        await _all_open(server, [each.id for each in connections])
        assert await command.rotate() == 0
        assert {row.key_id for row in await CredentialRow.all()} == {command.keyring.primary}


async def _all_open(server: House, ids: list[ConnectionId]) -> None:
    for id in ids:
        assert await server.connections.credentials(USER, id) == CREDENTIALS
