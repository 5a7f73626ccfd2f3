"""Promise: two processes write to one PostgreSQL, and without a bus all is told within 2 s."""

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from store.journal import decode_cursor
from tests.flow.follower import Follower
from tests.flow.test_resuming import _settle, _trade
from tests.flow.world import Api, world

RENAME = """
mutation Rename($input: UpdateConnectionInput!) {
  updateConnection(input: $input) { connection { label } userErrors { code } }
}
"""
ROUNDS = 25
# A second for the comparison of heads, and as much for a busy machine.
LATEST = 2.0


def _order_revisions(follower: Follower) -> list[int]:
    frames = [one for one in follower.frames if one["__typename"] == "OrderChanged"]
    return [decode_cursor(frame["cursor"])[0] for frame in frames]


async def _rename(api: Api, id: str, label: str) -> None:
    given: dict[str, Any] = {"connectionId": id, "label": label}
    assert (await api.ask(RENAME, input=given))["updateConnection"]["userErrors"] == []


@pytest.fixture
async def urls(tmp_path: Path, postgres_url: str) -> AsyncIterator[Any]:
    async with world(tmp_path, DATABASE_URL=postgres_url) as made, AsyncExitStack() as stack:
        first, _ = await stack.enter_async_context(made.served())
        second, _ = await stack.enter_async_context(made.served(FEEDS="false"))
        yield made, first, second


async def test_what_one_process_commits_the_clients_of_the_other_are_told(urls: Any) -> None:
    made, first, second = urls
    seeded = random.Random(5)
    token = made.tokens["ada"]
    near, far = Follower(lambda: first, token), Follower(lambda: second, token)
    async with near, far:
        await near.until(len)
        await far.until(len)
        id = await made.api(first).link()
        for turn in range(ROUNDS):
            _trade(seeded, made)
            # Both processes write to the same user's stream.
            await _rename(made.api(second), id, f"turn {turn}")
            heard = time.monotonic()
            await far.until(_is_called(f"turn {turn}"))
            await near.until(_is_called(f"turn {turn}"))
            assert time.monotonic() - heard < LATEST
        await _settle(made, near)
        await _settle(made, far)
    assert _order_revisions(near) == _order_revisions(far)
    assert len(_order_revisions(near)) == len(set(_order_revisions(near)))


def _is_called(label: str) -> Callable[[list[dict[str, Any]]], bool]:
    """Whether the connection's latest label is this."""

    def told(frames: list[dict[str, Any]]) -> bool:
        changes = [one for one in frames if one["__typename"] == "ConnectionChanged"]
        return bool(changes) and changes[-1]["connection"]["label"] == label

    return told
