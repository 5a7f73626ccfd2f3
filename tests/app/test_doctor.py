"""`doctor` on real keys, databases and sandbox brokers, well and broken."""

from datetime import timedelta
from pathlib import Path

from app.clock import RealClock
from app.doctor import Finding, Verdict, findings
from app.settings import Settings
from domain.clock import Clock
from store.database import Database
from store.keyring import Keyring
from tests.app.process import ran, with_key
from tests.clock import FakeClock
from tests.flow.world import World, world
from tests.store.test_migrations import NAMES


def configured(made: World) -> Settings:
    """With the sandbox in the brokers' place."""
    given: dict[str, dict[str, str]] = {}
    for name, url in made.settings.items():
        _, _, environment, role = name.split("__")
        given.setdefault(environment, {})[role.lower()] = url
    data = made.folder / "data" / "main"
    return Settings(data_folder=data, endpoints={"alpaca": given})


async def found(
    settings: Settings, *, clock: Clock | None = None, ask_time: bool = False
) -> dict[str, Finding]:
    every = findings(settings, clock or RealClock(), ask_time=ask_time)
    return {each.what: each async for each in every}


def wrong(all_of_them: dict[str, Finding]) -> set[str]:
    return {what for what, each in all_of_them.items() if each.verdict is Verdict.WRONG}


async def linked(made: World) -> None:
    """A connection, made through a server that has gone again."""
    async with made.served() as (url, _):
        await made.api(url).link()


async def test_nothing_is_wrong_with_a_house_that_works_and_its_clock_agrees(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as made:
        await linked(made)
        told = await found(configured(made), ask_time=True)
    assert wrong(told) == set()
    assert {"keys", "disk", "callback", "database", "vault", "clock"} <= told.keys()
    assert "/connect/callback is to be registered" in told["callback"].told
    assert len([what for what in told if what.startswith("alpaca at 127.0.0.1:")]) == 4


async def test_a_clock_that_is_off_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        await linked(made)
        fast = FakeClock(RealClock().now() + timedelta(seconds=90))
        told = await found(configured(made), clock=fast, ask_time=True)
        assert wrong(told) == {"clock"}
        assert told["clock"].told.startswith(("+89 s", "+90 s", "+91 s"))
        unasked = await found(configured(made), clock=fast)
    assert unasked["clock"].verdict is Verdict.SKIPPED


async def test_a_broker_that_is_away_and_a_key_that_was_changed_are_told(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        await linked(made)
    settings = configured(made)
    told = await found(settings)
    assert len(wrong(told)) == 4
    assert all(what.startswith("alpaca at ") for what in wrong(told))
    settings.key_path.unlink()
    Keyring.create(settings.key_path)
    vault = (await found(settings))["vault"]
    assert vault.verdict is Verdict.WRONG
    assert "put the old key back" in vault.told


async def test_a_key_that_others_can_read_is_told_and_the_exit_status_says_so(
    tmp_path: Path,
) -> None:
    key = with_key(tmp_path)
    well = await ran(tmp_path, "doctor")
    assert well.process.returncode == 0, well.out
    assert not (tmp_path / "data" / "main").exists()
    key.chmod(0o644)
    told = await ran(tmp_path, "doctor")
    assert told.process.returncode == 1
    assert told.out[0].split("\t")[:2] == ["WRONG", "keys"]
    assert "chmod 600" in told.out[0]


async def test_an_old_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    key = with_key(tmp_path)
    settings = Settings(data_folder=tmp_path / "data" / "main", key_file=key)
    db = await Database.open(settings.database)
    await db.migrate(target=NAMES[-2])
    await db.close()
    told = await found(settings)
    assert wrong(told) == {"database"}
    assert "brokergraph migrate" in told["database"].told
    db = await Database.open(settings.database)
    assert not await db.is_current()
    await db.close()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "data" / "main", key_file=with_key(tmp_path))
    file = tmp_path / "data" / "main" / "brokergraph.sqlite3"
    file.parent.mkdir()
    file.write_text("no database at all, but as long as one" * 100)
    assert wrong(await found(settings)) == {"database"}
