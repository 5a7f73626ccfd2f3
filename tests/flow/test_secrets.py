"""Promise: no secret in any log, audit row, error, URL or file but the vault's ciphertext."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.flow.browser import brought, browsing, decided
from tests.flow.follower import Follower
from tests.flow.test_audit import AUDIT
from tests.flow.test_connecting import _synced
from tests.flow.world import world
from tests.waiting import asked_until

KEY, SECRET = "PKPLANTED0123456789X", "planted-secret-7f3a9c51d2e84b60"
PASSWORD = "planted-password-5b1e7d20"


def _bytes_of(folder: Path) -> bytes:
    """Every file of the data folder, checkpointed and backed up as well."""
    database = folder / "data" / "main" / "brokergraph.sqlite3"
    with (
        closing(sqlite3.connect(database)) as live,
        closing(sqlite3.connect(folder / "backup.sqlite3")) as copy,
    ):
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        live.backup(copy)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


async def test_planted_secrets_are_found_nowhere(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        made.box.alpaca.account(KEY, SECRET, "paper")
        created = await made.run("user", "password", "ada", typed=f"{PASSWORD}\n")
        said = [*created.out, *created.err]
        async with made.served(LOG_LEVEL="debug") as (url, child):
            api = made.api(url)
            body = {"name": "ada", "password": PASSWORD + "x"}
            async with made.http.post(f"{url}/sign-in", json=body) as refused:
                said.append(await refused.text())
            id = await api.begin()
            said.append(str(await api.complete(id, KEY, SECRET + "x")))
            said.append(str(await api.complete(id, KEY, SECRET)))
            for kind in ("refused", "html_after", "garbage_after", "error_after"):
                made.box.faults.add(kind, method="GET", path="/v2/positions")
            async with Follower(url=lambda: url, token=api.token) as follower:
                await follower.until(lambda frames: frames)
                for _ in range(2):
                    await _synced(api, id)
                    await asyncio.sleep(0)
            said.append(str(follower.frames))
            said.append(str(await api.pages(AUDIT, "auditLog")))
            said.append(str([entry.path for entry in made.box.log.entries]))
            await child.stop()
            said += [*child.out, *child.err]
        text = "\n".join(said)
        kept = await asyncio.to_thread(_bytes_of, tmp_path)
    assert "serving" in text  # the logs were really looked at
    for secret in (SECRET, PASSWORD, KEY, api.token):
        assert secret not in text
        assert secret.encode() not in kept


async def test_neither_code_nor_token_nor_app_key_of_a_consent_is_found_anywhere(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as made:
        made.box.alpaca.sign_in.clients["planted-app"] = SECRET
        app = {"APPS__ALPACA__CLIENT_ID": "planted-app", "APPS__ALPACA__CLIENT_SECRET": SECRET}
        async with made.served(**app, LOG_LEVEL="debug") as (url, child):
            async with browsing(made, url) as ada:
                begun = await ada.begin(permission="TRADE")
                said = [str(begun)]
                back = await decided(ada.http, begun["signIn"]["authorizeUrl"])
                came = brought(back)
                said.append((await ada.go(back)).text)
                said.append((await ada.go(back)).text)
            api = made.api(url)
            await _synced(api, begun["connection"]["id"])
            said.append(str(await api.pages(AUDIT, "auditLog")))
            said.append(str([entry.path for entry in made.box.log.entries]))
            await child.stop()
            said += [*child.out, *child.err]
        credentials = made.box.alpaca.access.credentials
        (token,) = [key for key, each in credentials.items() if each.scopes is not None]
        kept = await asyncio.to_thread(_bytes_of, tmp_path)
    text = "\n".join(said)
    assert "serving" in text
    for secret in (SECRET, token, came["code"]):
        assert secret not in text
        assert secret.encode() not in kept
    # The state is in the address that the person is sent to, and nowhere else.
    assert came["state"] not in "\n".join(said[1:])
    assert came["state"].encode() not in kept


async def test_credentials_that_are_not_to_persist_are_in_no_file(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        made.box.alpaca.account(KEY, SECRET, "paper")
        async with made.served() as (url, child):
            api = made.api(url)
            id = await api.begin(persist=False)
            assert (await api.complete(id, KEY, SECRET))["userErrors"] == []
            await _synced(api, id)
            await child.stop()
        kept = await asyncio.to_thread(_bytes_of, tmp_path)
        async with made.served() as (url, _):
            api = made.api(url)
            await asked_until(
                lambda: api.connection(id),
                lambda found: found["health"]["state"] == "REAUTH_REQUIRED",
            )
    assert SECRET.encode() not in kept
    assert b"brokergraph" in kept or b"SQLite" in kept  # the files were really looked at
