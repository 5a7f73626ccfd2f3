"""Starting a server on its own core, driving it by lines, and reading what it costs."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SERVER_CORE, CLIENT_CORE = 0, 1
START_WITHIN = 60.0
STOP_WITHIN = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PYTHON = str(ROOT / ".venv/bin/python")

# By the name under which a server stands in the report; the sandbox stands in none.
COMMANDS: dict[str, tuple[str, ...]] = {
    "bare ASGI": (_PYTHON, "-m", "bench.peers.bare"),
    "Strawberry": (_PYTHON, "-m", "bench.peers.plain"),
    "Strawberry, cached": (_PYTHON, "-m", "bench.peers.plain", "--cached"),
    "graphql-ws": ("node", "bench/peers/graphql_ws.mjs"),
    "Yoga": ("node", "bench/peers/yoga.mjs"),
    "Mercurius": ("node", "bench/peers/mercurius.mjs"),
    "Mercurius + JIT": ("node", "bench/peers/mercurius.mjs", "--jit"),
    "Brokergraph": (_PYTHON, "-m", "bench.server"),
    "Brokergraph as shipped": (_PYTHON, "-m", "bench.server"),
    "sandbox": (_PYTHON, "-m", "bench.broker"),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has used: seconds of a core, and KiB of memory that are resident."""

    cpu: float
    memory: int


def cost(pid: int) -> Cost:
    """What this process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return Cost(cpu=(int(fields[11]) + int(fields[12])) / _TICKS, memory=int(resident.split()[1]))


def spent() -> tuple[float, float]:
    """Seconds of cores so far: the whole machine's, and ours with our servers that have ended."""
    words = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _waiting, *interrupts = map(int, words)
    used = os.times()
    return (user + nice + system + sum(interrupts)) / _TICKS, sum(used[:4])


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: asyncio.subprocess.Process
    told: dict[str, Any]

    @property
    def port(self) -> int:
        """Where it listens on the loopback."""
        return int(self.told["port"])

    def token(self, user: int) -> str:
        """What a client of this user presents."""
        tokens: list[str] | None = self.told.get("tokens")
        return tokens[user] if tokens else f"user-{user}"

    def cost(self) -> Cost:
        """What it has used so far."""
        return cost(self.process.pid)

    async def ask(self, within: float, **words: object) -> dict[str, Any]:
        """Its answer to a line; TimeoutError if it takes longer than so many seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        async with asyncio.timeout(within):
            return await _line(self.process)


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise ChildProcessError(f"the server ended with {await process.wait()}")
    words: dict[str, Any] = json.loads(line)
    return words


@asynccontextmanager
async def running(name: str, *arguments: str) -> AsyncIterator[Server]:
    """The server of this name on its core; it ends when its stdin does."""
    process = await asyncio.create_subprocess_exec(
        *_pinned(name, [*COMMANDS[name], *arguments]),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
        limit=1 << 22,
    )
    try:
        async with asyncio.timeout(START_WITHIN):
            told = await _line(process)
        yield Server(process=process, told=told)
    finally:
        await _stop(process)


def _pinned(name: str, command: Sequence[str]) -> list[str]:
    core = CLIENT_CORE if name == "sandbox" else SERVER_CORE
    return ["taskset", "--cpu-list", str(core), *command]


async def _stop(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
