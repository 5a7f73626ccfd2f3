"""`backup` and `restore` as real processes beside a real server and its clients."""

import asyncio
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.clock import RealClock
from app.stores import opened
from domain.audit import AuditEntry
from store.database import Database
from tests.app.process import ran
from tests.flow.follower import Follower
from tests.flow.world import World, world


async def _write(made: World, backed_up: asyncio.Event) -> int:
    """Lines of audit beside the server, until the copy is there; how many."""
    async with opened(made.configured(), RealClock()) as stores:
        user = await stores.users.by_name("ada")
        assert user is not None
        count = 0
        while not backed_up.is_set():
            at = datetime.now(UTC)
            entry = AuditEntry(at=at, actor="a test", action=f"write {count}", outcome="OK")
            await stores.audit.append(user.id, entry)
            count += 1
        return count


async def _followed(made: World, url: str, cursor: str | None = None) -> Follower:
    """A client that has read its first frame."""
    follower = Follower(lambda: url, made.tokens["ada"], cursor=cursor)
    async with follower:
        await follower.until(len)
    return follower


async def test_a_copy_made_under_writes_serves_and_old_cursors_are_told(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        backed_up = asyncio.Event()
        async with made.served() as (url, _):
            await made.api(url).link()
            cursor = (await _followed(made, url)).cursor
            writing = asyncio.create_task(_write(made, backed_up))
            try:
                await made.run("backup", "copy.backup")
            finally:
                backed_up.set()
            assert await writing > 0
            resumed = await _followed(made, url, cursor)
            assert resumed.frames[0]["__typename"] != "Resync"
        key = (tmp_path / "data" / "main.key").read_text().strip()
        assert key.encode() not in (tmp_path / "copy.backup").read_bytes()
        shutil.rmtree(tmp_path / "data" / "main")
        await made.run("restore", "copy.backup")
        verified = await made.run("audit", "verify")
        assert verified.out[0] == "ada\twhole"
        async with made.served() as (url, _):
            told = await _followed(made, url, cursor)
            first = told.frames[0]
            assert (first["__typename"], first["reason"]) == ("Resync", "EPOCH_CHANGED")
            (connection,) = (await made.api(url).ask("{ connections { label } }"))["connections"]
            assert connection["label"]


async def test_what_cannot_be_restored_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"\x1f\x8bno gzip at all")
    refused = await ran(tmp_path, "restore", "copy")
    assert refused.process.returncode == 1
    assert refused.err[0] == "copy is damaged or no database of Brokergraph."


async def test_postgresql_is_told_its_own_commands_and_they_work(
    tmp_path: Path, migrated_postgres_url: str, postgres_url: str
) -> None:
    for command, url in (("backup", migrated_postgres_url), ("restore", postgres_url)):
        secret = url.replace("postgres@", "postgres:planted@")
        refused = await ran(tmp_path, command, "my copy", DATABASE_URL=secret)
        assert refused.process.returncode == 1
        assert "planted" not in refused.err[0]
        told = refused.err[0].partition(": run ")[2]
        process = await asyncio.create_subprocess_shell(told, cwd=tmp_path)
        assert await process.wait() == 0
    db = await Database.open(postgres_url)
    assert await db.is_current()
    await db.close()


@pytest.mark.parametrize("command", ["backup", "restore"])
async def test_no_key_is_needed_for_a_copy(tmp_path: Path, command: str) -> None:
    refused = await ran(tmp_path, command, "copy")
    assert refused.process.returncode == 1
    assert re.match(r"There is no (database|file) ", refused.err[0])
