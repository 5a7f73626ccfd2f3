"""How the load client drives a Python server: it asks for marks by a line on stdin."""

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from app.lasting import settle
from bench.workload import HOPELESS, Marks, Tick

PAUSE = 0.001

Publish = Callable[[Tick], Awaitable[None]]
Obey = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How many users a server has, and how many positions each."""

    users: int
    positions: int


def scale(words: Sequence[str] | None = None) -> Scale:
    """The scale that the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=1)
    parser.add_argument("--positions", type=int, default=50)
    asked = parser.parse_args(words)
    return Scale(users=asked.users, positions=asked.positions)


async def publish_marks(marks: Marks, publish: Publish) -> int:
    """Publish what is due, then let the server work for at least a millisecond, until more is.

    How many were published: a server that is late beyond hope is spared the rest.
    """
    number = 0
    while True:
        now = time.time_ns() // 1000
        if now - marks.due(number) > HOPELESS:
            return number
        while number < marks.count and marks.due(number) <= now:
            await publish(marks.tick(number))
            number += 1
        if number == marks.count:
            return number
        await asyncio.sleep(max(PAUSE, (marks.due(number) - now) / 1_000_000))


def tell(**words: object) -> None:
    """One line to the load client."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def marks_of(asked: dict[str, Any], publish: Publish, size: Scale) -> dict[str, Any]:
    """Publish the marks that a line asks for."""
    marks = Marks(**asked, users=size.users, positions=size.positions)
    return {"published": await publish_marks(marks, publish)}


async def listen(obeyed: Mapping[str, Obey]) -> None:
    """Do what each line on stdin asks, {"marks": {...}} or another thing, until stdin ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        for name, asked in json.loads(line).items():
            tell(**await obeyed[name](asked))


class Announced(uvicorn.Server):
    """Says on stdout which port it took; has its memory in order as the product has."""

    def __init__(self, config: uvicorn.Config, told: Mapping[str, object]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell once requests are answered."""
        await super().startup(sockets)
        settle()
        tell(port=self.servers[0].sockets[0].getsockname()[1], **self._told)


async def serve(
    app: ASGIApp, obeyed: Mapping[str, Obey], *, ws: Any = "websockets-sansio", **told: object
) -> None:
    """Serve on a free port of the loopback, obeying stdin, until it ends."""
    config = uvicorn.Config(
        app,
        # A socket of our own making would be without TCP_NODELAY, which asyncio then leaves out.
        host="127.0.0.1",
        port=0,
        backlog=4096,
        log_level="warning",
        ws=ws,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = Announced(config, told)
    serving = asyncio.create_task(server.serve())
    await listen(obeyed)
    server.should_exit = True
    await serving
