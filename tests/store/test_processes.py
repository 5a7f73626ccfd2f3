"""Several processes on one database, and processes that die."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from itertools import pairwise
from pathlib import Path

import pytest

from domain.changes import Change, Revocation
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.database import Database
from store.journal import Journal
from tests.store.house import USER

ROOT = Path(__file__).parents[2]


async def begun(url: str, name: str, many: int) -> Process:
    """A writing process that waits for the word."""
    words = ("-m", "tests.store.writing", url, name, str(many))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout
    assert (await process.stdout.readline()).strip() == b"ready"
    return process


async def journal(db: Database) -> list[Change]:
    """All of it."""
    changes: list[Change] = []
    while more := await Journal(db).after(USER, changes[-1].revision if changes else 0):
        changes += more
    return changes


async def acknowledged(process: Process) -> dict[int, str]:
    """What it says it wrote, until it ends."""
    assert process.stdout
    lines = (await process.stdout.read()).decode().splitlines()
    # A killed process may leave half a line.
    whole = (line.split(" ") for line in lines if line.count(" ") == 1)
    return {int(revision): reason for revision, reason in whole}


async def line(process: Process) -> tuple[int, str]:
    """The next revision that it acknowledges, and what it wrote."""
    assert process.stdout
    revision, reason = (await process.stdout.readline()).decode().split()
    return int(revision), reason


def reasons(changes: list[Change]) -> dict[int, str]:
    """By revision."""
    kept = {}
    for change in changes:
        assert isinstance(change.value, Revocation)
        kept[change.revision] = change.value.reason
    return kept


async def test_two_processes_write_one_users_stream_without_gap_or_double(
    migrated_url: str,
) -> None:
    processes = [await begun(migrated_url, name, 20) for name in ("one", "two")]
    told = [dict[int, str](), dict[int, str]()]
    for _ in range(3):
        # At the same time, and the one that gets in first waits for the other at the end.
        for process in processes:
            assert process.stdin
            process.stdin.write(b"go\n")
        for process, lines in zip(processes, told, strict=True):
            lines |= dict([await line(process) for _ in range(20)])
    for process in processes:
        assert process.stdin
        process.stdin.close()
    assert [await process.wait() for process in processes] == [0, 0]
    db = await Database.open(migrated_url)
    changes = await journal(db)
    await db.close()
    assert [change.revision for change in changes] == list(range(1, 121))
    assert reasons(changes) == told[0] | told[1]
    # They interleaved, else this proved nothing.
    writers = [name.partition("-")[0] for name in reasons(changes).values()]
    assert sum(one != two for one, two in pairwise(writers)) > 1


@pytest.mark.parametrize("after", [1, 9])
async def test_a_process_killed_in_mid_write_loses_nothing_that_it_acknowledged(
    migrated_url: str, after: int
) -> None:
    process = await begun(migrated_url, "doomed", 100_000)
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"go\n")
    first = [(await process.stdout.readline()).decode().split() for _ in range(after)]
    process.kill()
    told = await acknowledged(process)
    await process.wait()
    told |= {int(revision): reason for revision, reason in first}
    db = await Database.open(migrated_url)
    kept = reasons(await journal(db))
    await db.close()
    assert told.items() <= kept.items()
    assert list(kept) == list(range(1, len(kept) + 1))


async def test_a_second_server_on_one_sqlite_file_is_told_so(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/data/brokergraph.sqlite3"
    db = await Database.open(url, exclusive=True)
    with pytest.raises(Problem, match="another server") as caught:
        await Database.open(url, exclusive=True)
    assert caught.value.code is ErrorCode.CONFLICT
    await db.close()
    again = await Database.open(url, exclusive=True)
    await again.close()


async def test_a_short_command_works_beside_a_running_server(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/data/brokergraph.sqlite3"
    server = await Database.open(url, exclusive=True)
    await server.migrate()
    command = await begun(url, "command", 4)
    assert command.stdin
    command.stdin.write(b"go\n")
    command.stdin.close()
    assert len(await acknowledged(command)) == 4
    assert await command.wait() == 0
    assert (await Journal(server).heads([USER, UserId("nobody")])) == {USER: 4}
    await server.close()


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense"])
async def test_a_url_of_no_known_database_is_refused_with_the_ones_that_are(url: str) -> None:
    with pytest.raises(Problem, match="sqlite:///path or postgres"):
        await Database.open(url)


async def test_a_database_that_does_not_answer_is_told_in_words() -> None:
    with pytest.raises(Problem, match="does not answer") as caught:
        await Database.open("postgres://nobody@127.0.0.1:1/none")
    assert caught.value.code is ErrorCode.UNAVAILABLE
