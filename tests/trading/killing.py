"""The parent of a victim, and what must be true of the exchange's book whatever was killed."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import sandbox
from tests.trading.orders import endpoints, ours

ROOT = Path(__file__).resolve().parents[2]
# Each case is played later than the one before, so that no clock runs backwards.
APART = 300.0


@dataclass(slots=True)
class Killing:
    """Runs deeds in processes that can die, against one exchange that remembers."""

    process: asyncio.subprocess.Process
    box: sandbox.Sandbox
    database: str
    _cases: "count[int]" = field(default_factory=lambda: count(1))
    ahead: float = 0

    async def run(self, **order: Any) -> tuple[bool, Any]:
        """Whether it died, and what it answered if not."""
        order |= {"database": self.database, "endpoints": endpoints(self.box)}
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps({"ahead": self.ahead, **order}).encode() + b"\n")
        await stdin.drain()
        async with asyncio.timeout(60):
            answer = json.loads(await stdout.readline())
        return answer["killed"], answer["result"]

    def next_case(self) -> str:
        """A key that was never used, at a later time."""
        self.ahead += APART
        return f"case-{next(self._cases)}"

    async def killed(self, order: dict[str, Any], **how: Any) -> tuple[bool, dict[str, Any]]:
        """Kill a deed, restart, and check all that was promised; whether it died, and how it ended.

        Never two orders for the key; the same answer for ever; the answer is the book's truth.
        """
        died, _ = await self.run(**order, **how)
        self.box.faults.clear()
        seen = {each.client_id for each in ours(self.box)}
        _, found = await self.run(kind="aftermath", of=order)
        assert found is not None, "the restart failed"
        before, after = found["before"], found["after"]
        assert found["unresolved"] == 0
        assert found["resolved"] in {None, after["state"]}, "it was resolved to what is not so"
        assert after["state"] in {"PLACED", "REFUSED", "NOT_PLACED", None}, after
        book = [each.client_id for each in ours(self.box)]
        assert len(book) == len(set(book))
        if before["client_order_id"]:
            assert after["client_order_id"] == before["client_order_id"]
            if before["state"] in {"PLACED", "REFUSED", "NOT_PLACED"}:
                assert after["state"] == before["state"]
        there = after["client_order_id"] in book
        assert there == (after["state"] == "PLACED"), (order, how, after, there)
        if died and before["state"] == "UNKNOWN":
            assert set(book) == seen, "something was sent after the crash"
        return died, after


@asynccontextmanager
async def killing(box: sandbox.Sandbox, database: str) -> AsyncIterator[Killing]:
    """A victim that has an account."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.trading.victim",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        made = Killing(process, box, database)
        await made.run(kind="link")
        yield made
    finally:
        if process.stdin:
            process.stdin.close()
        await process.wait()
