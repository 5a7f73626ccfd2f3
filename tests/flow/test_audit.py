"""Promise: the brokers' request log and our audit log match one to one, whatever went wrong."""

import re
from collections import Counter
from pathlib import Path

from sandbox import PAPER_KEY, PAPER_SECRET
from sandbox.faults import HTTP_FAULTS
from sandbox.request_log import Entry
from tests.flow.test_connecting import _linked, _synced
from tests.flow.world import Api, World, world
from tests.waiting import asked_until

AUDIT = """
query Audit($after: Cursor) {
  auditLog(first: 200, after: $after) {
    edges { node { method path status requestId outcome } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
# Those that answer nothing are each waited for as long as a read may take: one of them is enough.
SILENT = {"hang", "timeout_after"}


def _shape(path: str) -> str:
    """A path template without the names of its variables."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _received(made: World) -> Counter[tuple[str, str]]:
    entries: list[Entry] = made.box.log.entries
    return Counter((entry.method, _shape(entry.template)) for entry in entries)


async def _audited(api: Api) -> list[dict[str, object]]:
    return [row for row in await api.pages(AUDIT, "auditLog") if row["method"] is not None]


async def _healed(api: Api, id: str) -> None:
    """Read again, as a user would who does not want to wait for the next poll."""
    await _synced(api, id)
    await asked_until(lambda: api.connection(id), lambda one: one["health"]["state"] == "ACTIVE")


async def test_every_request_is_in_the_audit_log_and_nothing_else_is(tmp_path: Path) -> None:
    async with world(tmp_path) as made, made.served() as (url, child):
        api = made.api(url)
        id = await _linked(api)
        for kind in HTTP_FAULTS.keys() - SILENT:
            made.box.faults.add(kind, method="GET", path="/v2/*", seconds=0.1, retry_after=0)
            await _synced(api, id)
            if kind == "unauthorized":
                made.box.faults.clear()
                assert (await api.complete(id, PAPER_KEY, PAPER_SECRET))["userErrors"] == []
            await _healed(api, id)
        await child.stop()
        async with made.served(FEEDS="false") as (again, _):
            rows = await _audited(made.api(again))
    sent = [row for row in rows if row["outcome"] not in ("DENIED", "UNREACHABLE")]
    assert Counter((row["method"], _shape(str(row["path"]))) for row in sent) == _received(made)
    answered = {entry.request_id: entry.status for entry in made.box.log.entries}
    named = [row for row in sent if row["requestId"] is not None]
    assert len(named) > len(HTTP_FAULTS)
    assert all(answered[str(row["requestId"])] == row["status"] for row in named)
