"""A witness as a child process: a vendor's own client, asked once, that can harm nothing."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import orjson

import brokers
from brokers.testimony import sightings
from domain.errors import BrokerError, ErrorCode, Problem
from domain.witness import Sighting
from tools.witness_env import ensure

LONGEST = 60.0
MOST = 8 * 2**20

# Nothing of ours is passed on; a ~/.netrc would have requests sign in by it instead.
_ENVIRONMENT = {"NETRC": "/dev/null", "LANG": "C.UTF-8"}


def script_of(broker: str) -> Path:
    """A broker's witness; Problem if it has none."""
    path = Path(brokers.__path__[0]) / broker / "witness.py"
    if not path.is_file():
        raise Problem(ErrorCode.UNSUPPORTED_CAPABILITY, f"There is no witness for {broker}.")
    return path


async def python_of(broker: str) -> Path:
    """The Python of a witness's own environment, made on first use; Problem if it cannot be."""
    try:
        return await asyncio.to_thread(ensure, broker)
    except (OSError, subprocess.CalledProcessError):
        raise Problem(
            ErrorCode.UNAVAILABLE,
            f"The witness's environment could not be made from locks/witness-{broker}.txt: that "
            "needs the package index once, and a project folder that can be written to.",
        ) from None


async def testimony(
    python: Path, script: Path, asked: Mapping[str, object], longest: float
) -> tuple[Sighting, ...]:
    """What the witness saw, within `longest` seconds; Problem if it hangs, fails or is unreadable.

    The credential in `asked` goes over its standard input and nowhere else.
    """
    printed = await _printed(python, script, orjson.dumps(asked), longest)
    try:
        return sightings(printed)
    except BrokerError as error:
        reason = error.message
    raise _failed(f"said what cannot be read: {_failure(printed) or reason}")


async def _printed(python: Path, script: Path, asked: bytes, longest: float) -> bytes:
    process = await asyncio.create_subprocess_exec(
        python,
        "-I",
        script,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A traceback may hold what no terminal and no log should.
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(longest):
            printed = await _exchange(process, asked)
            status = await process.wait()
    except TimeoutError:
        raise _failed(f"did not answer within {longest:g} seconds and was stopped") from None
    finally:
        await _end(process)
    if status != 0:
        raise _failed(f"ended with status {status}")
    return printed


async def _exchange(process: asyncio.subprocess.Process, asked: bytes) -> bytes:
    asking, answering = process.stdin, process.stdout
    if asking is None or answering is None:
        raise RuntimeError("a pipe was asked for")
    asking.write(asked)
    asking.close()
    printed = bytearray()
    while part := await answering.read(2**16):
        printed += part
        if len(printed) > MOST:
            raise _failed(f"printed more than {MOST:,} bytes and was stopped")
    return bytes(printed)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing of it behind: it leads a group of its own."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _failure(printed: bytes) -> str | None:
    """The kind of error that a witness names, which is all that it tells of one."""
    try:
        said = orjson.loads(printed)
    except orjson.JSONDecodeError:
        return None
    kind = said.get("failed") if isinstance(said, dict) else None
    return kind[:60] if isinstance(kind, str) and kind.isidentifier() else None


def _failed(what: str) -> Problem:
    return Problem(ErrorCode.UNAVAILABLE, f"The witness {what}; nothing was compared.")
