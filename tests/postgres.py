"""A PostgreSQL of the tests' own: begun when first asked for, gone when they end."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # ships none
import pytest

_ACCOUNT = "postgres"
_PLACES = "/usr/lib/postgresql/*/bin"
# Nothing of a test has to survive a power cut.
_HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50")


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a running server, without a database name."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="brokergraph-postgres-"))
    try:
        _own(folder)
        found, port = folder / "cluster", _free_port()
        _run(
            binaries / "initdb",
            "-D",
            found,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "-U",
            _ACCOUNT,
        )
        settings = [word for each in _HASTY for word in ("-c", each)]
        options = " ".join(["-h 127.0.0.1", f"-p {port}", f"-k {folder}", *settings])
        _run(binaries / "pg_ctl", "-D", found, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield f"postgres://{_ACCOUNT}@127.0.0.1:{port}"
        finally:
            _run(binaries / "pg_ctl", "-D", found, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One server for all tests that need one."""
    with cluster() as url:
        yield url


@asynccontextmanager
async def fresh(server: str, template: str = "template1") -> AsyncIterator[str]:
    """A new database for a while, like another one."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(f"{server}/postgres")
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield f"{server}/{name}"
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


@pytest.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """A fresh, empty database."""
    async with fresh(postgres_server) as url:
        yield url


def _binaries() -> Path:
    places = sorted(Path("/").glob(_PLACES.lstrip("/")))
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    if not places:
        pytest.fail("PostgreSQL's programs are not installed: `make test` installs them")
    return places[-1]


def _own(folder: Path) -> None:
    """PostgreSQL refuses to run as root, so there it runs as its own account."""
    if os.geteuid() == 0:
        shutil.chown(folder, _ACCOUNT, _ACCOUNT)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", _ACCOUNT, "--", *words]
    done = subprocess.run(
        words,
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    if done.returncode:
        pytest.fail(f"{Path(str(command[0])).name} failed: {done.stdout.strip()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
