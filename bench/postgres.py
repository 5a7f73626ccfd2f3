"""A PostgreSQL of the benchmark's own, as durable as one that is relied on, gone afterwards."""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import SERVER_CORE

ACCOUNT = "postgres"
PLACES = "usr/lib/postgresql/*/bin"
WITHIN = 60


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a running server, without a database; it shares the servers' core."""
    folder = Path(tempfile.mkdtemp(prefix="brokergraph-bench-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        found, port = folder / "cluster", _free_port()
        _run("initdb", "-D", found, "-A", "trust", "-E", "UTF8", "-U", ACCOUNT)
        options = f"-h 127.0.0.1 -p {port} -k {folder}"
        _run("pg_ctl", "-D", found, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield f"postgres://{ACCOUNT}@127.0.0.1:{port}"
        finally:
            _run("pg_ctl", "-D", found, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def fresh(server: str) -> str:
    """The URL of a new, empty database."""
    url = f"{server}/bench_{secrets.token_hex(6)}"
    await asyncio.to_thread(_run, "psql", f"{server}/postgres", "-qc", _create(url))
    return url


def _create(url: str) -> str:
    return f"CREATE DATABASE {url.rpartition('/')[2]}"


def _run(program: str, *words: object) -> None:
    command = ["taskset", "--cpu-list", str(SERVER_CORE), _found(program), *map(str, words)]
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, so there it runs as its own account.
        command = ["runuser", "-u", ACCOUNT, "--", *command]
    done = subprocess.run(
        command,
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WITHIN,
    )
    if done.returncode:
        raise ChildProcessError(f"{program} failed: {done.stdout.strip()}")


def _found(program: str) -> str:
    places = sorted(Path("/").glob(f"{PLACES}/{program}"))
    found = str(places[-1]) if places else shutil.which(program)
    if found is None:
        raise ChildProcessError(f"{program} is not installed")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
