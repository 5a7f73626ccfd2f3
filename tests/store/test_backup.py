"""Copies of the database: whole, private, checked, and restored under new tags."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import ErrorCode, Problem
from store.backup import NEW_TAGS, back_up, migrate, restore
from store.database import Database
from tests.store.test_migrations import NAMES

STREAM = "INSERT INTO stream (user_id, revision, tag, floor, audit_sequence, audit_head)"


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path) -> Path:
    """A database with two streams."""
    path = tmp_path / "data" / "brokergraph.sqlite3"
    path.parent.mkdir()
    path.write_bytes(migrated_file.read_bytes())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"{STREAM} VALUES ('ann', 7, 'old', 0, 0, ''), ('bob', 9, 'older', 0, 0, '')")
    return path


def streams(path: Path) -> dict[str, tuple[int, str]]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT user_id, revision, tag FROM stream")
        return {user: (revision, tag) for user, revision, tag in rows}


def test_a_copy_is_one_private_file_and_comes_back_under_new_tags(
    tmp_path: Path, database: Path
) -> None:
    copy, new = tmp_path / "copy", tmp_path / "new" / "brokergraph.sqlite3"
    back_up(database, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "data"]
    restore(copy, new)
    assert [path.name for path in new.parent.iterdir()] == [new.name]
    assert new.stat().st_mode & 0o777 == 0o600
    before, after = streams(database), streams(new)
    assert {user: revision for user, (revision, _) in after.items()} == {"ann": 7, "bob": 9}
    assert len({tag for _, tag in [*before.values(), *after.values()]}) == 4


def test_a_commit_that_is_only_in_the_log_is_in_the_copy(tmp_path: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        with writing:
            writing.execute("UPDATE stream SET revision = 11 WHERE user_id = 'ann'")
        # Begun and not committed: it neither waits for this nor holds it.
        writing.execute("UPDATE stream SET revision = 12 WHERE user_id = 'ann'")
        back_up(database, tmp_path / "copy")
        writing.rollback()
    restore(tmp_path / "copy", tmp_path / "new" / "it.sqlite3")
    assert streams(tmp_path / "new" / "it.sqlite3")["ann"][0] == 11


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9, 0.999])
def test_a_flipped_byte_or_a_cut_tail_is_found(tmp_path: Path, database: Path, part: float) -> None:
    back_up(database, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    place = int(len(whole) * part)
    flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    for number, damaged in enumerate((flipped, whole[:place])):
        (tmp_path / "damaged").write_bytes(damaged)
        target = tmp_path / f"new{number}" / "it.sqlite3"
        with pytest.raises(Problem, match="is damaged or no database of Brokergraph"):
            restore(tmp_path / "damaged", target)
        assert list(target.parent.iterdir()) == []


def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE t (x)")
    (tmp_path / "packed").write_bytes(gzip.compress(other.read_bytes()))
    for file in (other, tmp_path / "packed"):
        with pytest.raises(Problem, match="no database of Brokergraph"):
            restore(file, tmp_path / "new" / "it.sqlite3")


def test_nothing_is_ever_overwritten(tmp_path: Path, database: Path) -> None:
    copy = tmp_path / "copy"
    back_up(database, copy)
    with pytest.raises(Problem) as twice:
        back_up(database, copy)
    assert twice.value.code is ErrorCode.CONFLICT
    with pytest.raises(Problem, match="is not empty") as full:
        restore(copy, database)
    assert full.value.code is ErrorCode.CONFLICT
    assert streams(database)["ann"] == (7, "old")


def test_what_is_not_there_is_said(tmp_path: Path, database: Path) -> None:
    with pytest.raises(Problem, match="There is no database"):
        back_up(tmp_path / "no.sqlite3", tmp_path / "copy")
    with pytest.raises(Problem, match="There is no file"):
        restore(tmp_path / "copy", tmp_path / "new" / "it.sqlite3")
    with pytest.raises(Problem, match="Could not write in"):
        back_up(database, tmp_path / "nowhere" / "copy")


async def test_a_database_is_copied_before_it_is_migrated_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "data" / "it.sqlite3"
    db = await Database.open(f"sqlite://{path}")
    await db.migrate(target=NAMES[-2])
    await db.client.execute_query(f"{STREAM} VALUES ('ann', 7, 'old', 0, 0, '')")
    await migrate(db)
    await migrate(db)
    await db.close()
    (copy,) = path.parent.glob("*.backup")
    assert copy.name == f"it-{NAMES[-2]}.backup"
    restore(copy, tmp_path / "new" / "it.sqlite3")
    old = await Database.open(f"sqlite://{tmp_path}/new/it.sqlite3")
    assert await old.applied() == tuple(NAMES[:-1])
    await old.close()


async def test_an_empty_database_is_migrated_without_a_copy(database_url: str) -> None:
    db = await Database.open(database_url)
    await migrate(db)
    assert await db.is_current()
    await db.close()
    if db.file is not None:
        assert list(db.file.parent.glob("*.backup")) == []


async def test_each_engine_gives_every_stream_a_tag_of_its_own(migrated_url: str) -> None:
    db = await Database.open(migrated_url)
    await db.client.execute_query(
        f"{STREAM} VALUES ('ann', 7, 'old', 0, 0, ''), ('bob', 9, 'old', 0, 0, '')"
    )
    await db.client.execute_query(NEW_TAGS[db.engine])
    tags = {row["tag"] for row in await db.client.execute_query_dict("SELECT tag FROM stream")}
    await db.close()
    assert len(tags) == 2
    assert all(len(tag) == 16 for tag in tags)
