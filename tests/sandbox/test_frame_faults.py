"""Every fault of a websocket frame, seen from the other end of the socket."""

import asyncio
import json

import aiohttp
import pytest

from sandbox import Sandbox
from tests.sandbox.wire import (
    GONE,
    Client,
    events,
    is_mute,
    listen,
    place,
)
from tests.waiting import until


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("drop_frame", ["pending_new", "fill"]),
        ("duplicate_frame", ["pending_new", "new", "new", "fill"]),
        ("reorder_frame", ["pending_new", "fill", "new"]),
        ("delay_frame", ["pending_new", "new", "fill"]),
    ],
)
async def test_a_frame_can_be_lost_doubled_moved_or_late(
    box: Sandbox, paper: Client, kind: str, expected: list[str]
) -> None:
    async with await listen(box, paper) as socket:
        box.faults.add(kind, path="/stream", containing='"event":"new"', seconds=0.01)
        await place(paper)
        assert await events(socket, len(expected)) == expected


@pytest.mark.parametrize("kind", ["garbage_frame", "truncated_frame"])
async def test_a_frame_can_be_unreadable(box: Sandbox, paper: Client, kind: str) -> None:
    async with await listen(box, paper) as socket:
        box.faults.add(kind, containing="fill")
        box.faults.add("drop_frame", count=2)
        await place(paper)
        with pytest.raises(json.JSONDecodeError):
            json.loads((await socket.receive(timeout=5)).data)


async def test_a_frame_can_have_other_fields(box: Sandbox, paper: Client) -> None:
    async with await listen(box, paper) as socket:
        box.faults.add("alter_frame", set={"event": "unheard_of", "timestamp": None})
        await place(paper)
        assert await events(socket, 1) == ["unheard_of"]


async def test_a_frame_can_be_another(box: Sandbox, paper: Client) -> None:
    async with await listen(box, paper) as socket:
        box.faults.add("replace_frame", text='{"stream":"other"}')
        await place(paper)
        assert (await socket.receive(timeout=5)).data == b'{"stream":"other"}'


async def test_cut_on_frame_resets_the_socket(box: Sandbox, paper: Client) -> None:
    async with await listen(box, paper) as socket:
        box.faults.add("cut_on_frame")
        await place(paper)
        assert (await socket.receive(timeout=5)).type in GONE


async def test_a_live_socket_answers_pings(box: Sandbox, paper: Client) -> None:
    async with await listen(box, paper) as socket:
        await socket.ping(b"there?")
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.PONG


async def test_mute_on_frame_leaves_the_socket_half_open(box: Sandbox, paper: Client) -> None:
    socket = await listen(box, paper)
    box.faults.add("mute_on_frame", containing="pending_new")
    await place(paper)
    assert await is_mute(socket)


async def test_a_stream_can_be_refused_at_the_handshake(box: Sandbox, paper: Client) -> None:
    box.faults.add("rate_limited", path="/stream")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await listen(box, paper)
    assert caught.value.status == 429


async def test_a_stream_can_be_accepted_and_never_shake_hands(box: Sandbox, paper: Client) -> None:
    box.faults.add("hang", path="/stream")
    pending = asyncio.create_task(listen(box, paper))
    await until(lambda: bool(box.log.entries))
    assert not pending.done()
    pending.cancel()
