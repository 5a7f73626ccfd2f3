"""The command line as a real child process, in a folder and an environment of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.clock import RealClock
from app.settings import Settings
from app.stores import opened
from domain.access import Role
from store.keyring import Keyring

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 60.0


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of ours from outside, so that a developer's settings do not change what is tested."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("BROKERGRAPH_")
    }
    given = {f"BROKERGRAPH_{name}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(folder), **given}


class Child:
    """A running command; its two outputs are kept whole."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._grew = asyncio.Condition()
        self._reading = [
            asyncio.create_task(self._read(process.stdout, self.out)),
            asyncio.create_task(self._read(process.stderr, self.err)),
        ]

    async def line(self, part: str) -> str:
        """The first line of either output with this in it, once it is there."""
        async with asyncio.timeout(LONGEST), self._grew:
            while True:
                for line in [*self.out, *self.err]:
                    if part in line:
                        return line
                if all(task.done() for task in self._reading):
                    raise AssertionError(f"ended without {part!r}: {self.out} {self.err}")
                await self._grew.wait()

    async def logged(self, event: str) -> dict[str, Any]:
        """The first log line with this event."""
        found: dict[str, Any] = json.loads(await self.line(f'"event": "{event}"'))
        return found

    async def ended(self) -> int:
        """The exit status, once it is there and all output is read."""
        async with asyncio.timeout(LONGEST):
            await asyncio.gather(*self._reading)
            return await self.process.wait()

    async def stop(self, sig: signal.Signals = signal.SIGTERM) -> int:
        """Signal it; the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(sig)
        return await self.ended()

    async def _read(self, stream: asyncio.StreamReader | None, lines: list[str]) -> None:
        assert stream is not None
        async for line in stream:
            await self._note(lines, line.decode().rstrip("\n"))
        await self._note(lines, "")

    async def _note(self, lines: list[str], line: str) -> None:
        async with self._grew:
            lines.append(line)
            self._grew.notify_all()


@asynccontextmanager
async def started(
    folder: Path,
    *arguments: str,
    typed: str = "",
    python: str | Path = sys.executable,
    **settings: str,
) -> AsyncIterator[Child]:
    """`python -m app ARGUMENTS`, killed at the end if it still runs; `typed` is its input."""
    process = await asyncio.create_subprocess_exec(
        python,
        "-W",
        "error",
        "-m",
        "app",
        *arguments,
        cwd=folder,
        env=environment(folder, settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(typed.encode())
    process.stdin.close()
    child = Child(process)
    try:
        yield child
    finally:
        if process.returncode is None:
            process.kill()
        await child.ended()


async def ran(folder: Path, *arguments: str, typed: str = "", **settings: str) -> Child:
    """The same, waited for."""
    async with started(folder, *arguments, typed=typed, **settings) as child:
        await child.ended()
        return child


def with_key(folder: Path) -> Path:
    """The key file that `keys init` would make, made faster; an existing one stays."""
    path = folder / "data" / "main.key"
    if not path.exists():
        Keyring.create(path)
    return path


async def with_user(folder: Path, name: str, password: str | None = None) -> None:
    """A user as `user create` would make it, made faster."""
    settings = Settings(data_folder=folder / "data" / "main", key_file=with_key(folder))
    async with opened(settings, RealClock()) as stores:
        await stores.users.create(name, password, Role.USER)


@asynccontextmanager
async def serving(
    folder: Path, python: str | Path = sys.executable, **settings: str
) -> AsyncIterator[tuple[str, Child]]:
    """A server on a free port with a key of its own: its address, and the process."""
    with_key(folder)
    async with started(folder, "serve", python=python, **{"PORT": "0", **settings}) as child:
        line = await child.logged("serving")
        yield f"http://127.0.0.1:{line['port']}", child
