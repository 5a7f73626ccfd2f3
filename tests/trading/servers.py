"""Other servers over the same database, as processes of their own."""

import asyncio
import json
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sandbox
from tests.trading.orders import endpoints

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def placer(box: sandbox.Sandbox, database: str, seed: int) -> AsyncIterator[Process]:
    """Another server that is ready to place fifty orders."""
    job = {"seed": seed, "many": 50, "database": database, "endpoints": endpoints(box)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.trading.placer",
        json.dumps(job),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    yield process
    await process.wait()
