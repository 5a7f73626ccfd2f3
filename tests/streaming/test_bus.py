"""The bus tells other processes, comes back after a loss, and costs nothing when it is away."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.ids import UserId
from streaming.bus import Bus, _decoded
from tests.waiting import until

ADA = UserId("ada")
BEAT = 0.1


class Redis:
    """A real redis-server on a loopback port of its own, killed and begun again at will."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return once it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = await asyncio.create_subprocess_exec(
            "redis-server",
            *options,
            cwd=self._folder,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await until(self._answers)

    async def kill(self) -> None:
        """Gone at once, its connections cut."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Redis]:
    """A server that runs."""
    server = Redis(tmp_path)
    await server.start()
    yield server
    await server.kill()


@asynccontextmanager
async def heard_by(bus: Bus) -> AsyncIterator[list[tuple[UserId, int]]]:
    """What one process hears."""
    heard: list[tuple[UserId, int]] = []
    async with bus.listening(lambda user, revision: heard.append((user, revision))):
        yield heard


async def rung_until_heard(bus: Bus, revision: int, heard: list[tuple[UserId, int]]) -> None:
    """Ring again and again, as commits do."""

    def arrived() -> bool:
        bus.ring(ADA, revision)
        return (ADA, revision) in heard

    await until(arrived, within=30)


async def test_two_processes_hear_each_other_through_redis(redis: Redis) -> None:
    one, other = Bus(redis.url, beat_every=BEAT), Bus(redis.url, beat_every=BEAT)
    async with heard_by(one) as first, heard_by(other) as second:
        await rung_until_heard(one, 1, second)
        await rung_until_heard(other, 2, first)


async def test_rings_of_the_same_user_add_up_to_the_newest() -> None:
    bus = Bus("memory://", beat_every=BEAT)
    for revision in range(1, 100):
        bus.ring(ADA, revision)
    async with heard_by(bus) as heard:
        await until(lambda: heard)
    assert heard == [(ADA, 99)]


async def test_a_redis_that_was_killed_is_found_again_and_the_loss_is_logged_once(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="streaming.bus")
    one, other = Bus(redis.url, beat_every=BEAT), Bus(redis.url, beat_every=BEAT)
    async with heard_by(one), heard_by(other) as heard:
        await rung_until_heard(one, 1, heard)
        await redis.kill()
        one.ring(ADA, 2)
        await until(lambda: len(_ours(caplog)) == 2, within=30)
        await redis.start()
        await rung_until_heard(one, 3, heard)
        await until(lambda: len(_ours(caplog)) == 4, within=30)
    levels = sorted(record.levelname for record in _ours(caplog))
    assert levels == ["INFO", "INFO", "WARNING", "WARNING"]


async def test_a_bus_whose_redis_never_was_leaves_no_task_behind(redis: Redis) -> None:
    await redis.kill()
    before = asyncio.all_tasks()
    bus = Bus(redis.url, beat_every=0.01)
    async with heard_by(bus) as heard:
        bus.ring(ADA, 1)
        await until(lambda: bus._lost, within=30)
        assert heard == []
    await until(lambda: asyncio.all_tasks() == before)


async def test_ringing_never_waits_and_forgets_nothing_while_nobody_listens() -> None:
    bus = Bus("memory://", beat_every=BEAT)
    bus.ring(ADA, 1)
    bus.ring(UserId("bob smith"), 2)
    async with heard_by(bus) as heard:
        await until(lambda: len(heard) == 2)
    assert heard == [(ADA, 1), (UserId("bob smith"), 2)]


def test_what_strangers_put_on_the_channel_is_passed_over() -> None:
    assert _decoded("") == []
    assert _decoded("nonsense\n-1 ada\n\u0663 ada\n7 \n5 ada") == [(ADA, 5)]


def _ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "streaming.bus"]
