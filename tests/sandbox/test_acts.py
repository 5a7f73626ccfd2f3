"""What can be made to happen at once, seen from the other end of the socket."""

import errno
import socket
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.acts import ACTS
from sandbox.faults import FRAME_FAULTS, HTTP_FAULTS
from sandbox.host import Host
from tests.sandbox.wire import (
    GONE,
    KEYS,
    LISTEN,
    Client,
    ask,
    events,
    is_mute,
    listen,
    orders,
    place,
    rest,
    say,
)
from tests.waiting import until


async def test_outage_refuses_connections_until_restore(box: Sandbox, paper: Client) -> None:
    await place(paper)
    await box.inflict("outage")
    with pytest.raises(aiohttp.ClientConnectorError):
        await place(paper)
    await box.inflict("restore")
    assert await place(paper) == 200


async def test_outage_can_be_of_one_host(box: Sandbox, paper: Client) -> None:
    await box.inflict("outage", host="alpaca-paper")
    assert (is_refused(box.alpaca.paper), is_refused(box.alpaca.market)) == (True, False)


async def test_outage_can_end_by_itself(box: Sandbox, paper: Client) -> None:
    await box.inflict("outage", seconds=0.05)
    assert is_refused(box.alpaca.paper)
    await until(lambda: not is_refused(box.alpaca.paper))
    assert await place(paper) == 200


def is_refused(host: Host) -> bool:
    """Whether a connection is refused at this very moment: nothing else runs meanwhile."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", host.port)) == errno.ECONNREFUSED


async def test_restart_drops_connections_and_keeps_port_and_books(
    box: Sandbox, paper: Client
) -> None:
    url = box.alpaca.paper.url
    await place(paper)
    async with await listen(box, paper) as stream:
        await box.inflict("restart")
        assert (await stream.receive(timeout=5)).type in GONE
    assert (box.alpaca.paper.url, await place(paper), orders(box)) == (url, 200, 2)


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_cut_streams_can_close_with_a_code(box: Sandbox, paper: Client, code: int) -> None:
    async with await listen(box, paper) as stream:
        await box.inflict("cut_streams", code=code)
        message = await stream.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, code)


async def test_cut_streams_resets_every_socket(box: Sandbox, paper: Client) -> None:
    async with await listen(box, paper) as stream:
        await box.inflict("cut_streams")
        assert (await stream.receive(timeout=5)).type in GONE


async def test_mute_streams_leaves_them_half_open(box: Sandbox, paper: Client) -> None:
    stream = await listen(box, paper)
    await box.inflict("mute_streams")
    assert await is_mute(stream)


async def test_revoke_kills_a_key_and_its_sockets_and_no_others(
    box: Sandbox, paper: Client
) -> None:
    box.alpaca.account("PKOTHER", "other")
    async with (
        await listen(box, paper) as stream,
        paper.ws_connect(box.alpaca.paper.socket_url + "/stream") as other,
    ):
        await say(other, {"action": "auth", "key": "PKOTHER", "secret": "other"})
        await box.inflict("revoke", id=KEYS["APCA-API-KEY-ID"])
        assert (await stream.receive(timeout=5)).type in GONE
        assert (await say(other, LISTEN))["stream"] == "listening"
    assert await place(paper) == 401


async def test_partial_fills_fill_bit_by_bit(box: Sandbox, paper: Client) -> None:
    await box.inflict("partial_fills", symbol="AAPL", quantity="1")
    async with await listen(box, paper) as stream:
        await place(paper)
        box.tick()
        assert await events(stream, 4) == ["pending_new", "new", "partial_fill", "fill"]


async def test_refuse_replacements_takes_back_what_was_accepted(
    box: Sandbox, paper: Client
) -> None:
    order_id = await rest(paper)
    await box.inflict("refuse_replacements")
    async with await listen(box, paper) as stream:
        async with paper.patch(f"/v2/orders/{order_id}", json={"limit_price": "201"}) as answer:
            assert answer.status == 200
        assert await events(stream, 4) == [
            "pending_replace",
            "pending_new",
            "order_replace_rejected",
            "rejected",
        ]


async def test_reject_comes_after_acceptance(box: Sandbox, paper: Client) -> None:
    order_id = await rest(paper)
    async with await listen(box, paper) as stream:
        await box.inflict("reject", id=order_id)
        assert await events(stream, 1) == ["rejected"]


async def test_bust_and_correct_change_what_was_done(box: Sandbox, paper: Client) -> None:
    await place(paper)
    async with await listen(box, paper) as stream:
        await box.inflict("correct", price="249")
        assert box.paper.cash == 100_000 - 498
        await box.inflict("bust")
        assert await events(stream, 2) == ["trade_correct", "trade_bust"]
    assert (box.paper.cash, box.paper.holdings) == (Decimal(100_000), {})


async def test_refuse_cancels_leaves_the_order_working_and_it_can_still_fill(
    box: Sandbox, paper: Client
) -> None:
    order = await rest(paper)
    await box.inflict("refuse_cancels")
    async with await listen(box, paper) as stream:
        assert (await ask(paper, "DELETE", f"/v2/orders/{order}"))[0] == 204
        await box.inflict("fill", id=order, quantity="1")
        await box.inflict("fill", id=order)
        assert await events(stream, 4) == [
            "pending_cancel",
            "order_cancel_rejected",
            "partial_fill",
            "fill",
        ]


async def test_fill_takes_no_more_than_is_open(box: Sandbox, paper: Client) -> None:
    order = await rest(paper)
    with pytest.raises(ValueError, match="not open"):
        await box.inflict("fill", id=order, quantity="3")


def test_every_kind_has_a_test() -> None:
    text = "".join(one.read_text(encoding="utf-8") for one in Path(__file__).parent.rglob("*s.py"))
    kinds = [*HTTP_FAULTS, *FRAME_FAULTS, *ACTS]
    assert [one for one in kinds if f'"{one}"' not in text] == []
