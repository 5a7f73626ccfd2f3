"""HTTP over real sockets: sent once, sorted by whether it happened, retried only if it may be."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import aiohttp
import pytest

from brokers.gate import Purpose
from brokers.http import Http, Lost, filled, once
from domain.capabilities import Rate
from domain.errors import (
    BrokerError,
    ErrorCode,
    OutcomeUnknown,
    Problem,
    RateLimited,
    Refused,
    Unintelligible,
    Unreachable,
)
from tests.brokers.desk import CONNECTION, USER, Desk, Hurried
from tests.brokers.peer import DIALECT, KEPT, OK, SECRET, answering, call, http, peer
from tests.clock import FakeClock


async def test_an_answer_comes_back_whole_and_is_recorded_with_the_brokers_request_id() -> None:
    desk = Desk()
    async with (
        peer(answering("200 OK", "X-Request-ID: r-1", body="hello")) as there,
        http(desk) as us,
    ):
        answer = await us.request(call(), f"{there.url}/x", params={"q": "1"})
    assert (answer.status, answer.body) == (200, b"hello")
    (record,) = desk.records
    assert (record.status, record.request_id, record.outcome) == (200, "r-1", "OK")


KILLED = ["POST", "PUT", "PATCH", "DELETE"]


@pytest.mark.parametrize("method", KILLED)
async def test_a_request_that_dies_after_it_was_executed_is_sent_once(method: str) -> None:
    """On a kept-alive connection, closed after the request was read and before any answer."""
    desk = Desk()
    async with peer(KEPT, after=None) as there, http(desk) as us:
        await us.request(call("GET"), f"{there.url}/warm")
        with pytest.raises(OutcomeUnknown):
            await us.request(call(method), f"{there.url}/x", json={"a": "1"})
        assert there.requests == ["GET", method]
        assert there.connections == 1
    assert desk.outcomes() == ["OK", "UNKNOWN"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_aiohttp_alone_would_send_it_twice(method: str) -> None:
    """Why there is a middleware at all; if this fails, aiohttp has changed and it may go."""
    async with peer(KEPT, after=None) as there, aiohttp.ClientSession() as session:
        async with session.get(f"{there.url}/warm") as warm:
            await warm.read()
        with pytest.raises(aiohttp.ClientError):
            await session.request(method, f"{there.url}/x")
        assert there.requests == ["GET", method, method]


async def test_the_middleware_is_what_stops_it() -> None:
    async with (
        peer(KEPT, after=None) as there,
        aiohttp.ClientSession(middlewares=(once,)) as session,
    ):
        async with session.get(f"{there.url}/warm") as warm:
            await warm.read()
        with pytest.raises(Lost):
            await session.request("PUT", f"{there.url}/x")
        assert there.requests == ["GET", "PUT"]


@pytest.mark.parametrize("method", ["GET", *KILLED])
async def test_what_never_left_is_unreachable(method: str) -> None:
    desk = Desk(clock=Hurried())
    async with peer() as there:
        closed = there.url
    async with http(desk) as us:
        with pytest.raises(Unreachable):
            await us.request(call(method), f"{closed}/x")
    assert set(desk.outcomes()) == {"UNREACHABLE"}
    assert len(desk.records) == (3 if method == "GET" else 1)


async def test_a_read_that_is_lost_is_tried_three_times_with_a_record_each() -> None:
    clock = Hurried()
    desk = Desk(clock=clock)
    async with peer(None, None, OK) as there, http(desk) as us:
        answer = await us.request(call(), f"{there.url}/x")
        assert there.requests == ["GET"] * 3
    assert answer.body == b"hi"
    assert desk.outcomes() == ["UNKNOWN", "UNKNOWN", "OK"]
    assert len({record.correlation_id for record in desk.records}) == 1
    assert clock.slept == [0.2, 0.8]


async def test_a_read_that_stays_lost_says_so_in_a_readers_words() -> None:
    desk = Desk(clock=Hurried())
    async with peer(after=None) as there, http(desk) as us:
        with pytest.raises(OutcomeUnknown) as told:
            await us.request(call(), f"{there.url}/x")
    assert told.value.code is ErrorCode.BROKER_UNREACHABLE
    assert desk.outcomes() == ["UNKNOWN"] * 3


@pytest.mark.parametrize("purpose", [Purpose.TRADE, Purpose.CANCEL, Purpose.SESSION])
async def test_nothing_but_a_read_is_tried_again(purpose: Purpose) -> None:
    desk = Desk(clock=Hurried())
    async with peer(answering("503 Busy")) as there, http(desk) as us:
        with pytest.raises(OutcomeUnknown):
            await us.request(call("POST", purpose), f"{there.url}/x")
        assert there.requests == ["POST"]


async def test_a_refusal_is_not_tried_again() -> None:
    desk = Desk(clock=Hurried())
    async with peer(answering("404 No")) as there, http(desk) as us:
        with pytest.raises(Refused):
            await us.request(call(), f"{there.url}/x")
        assert there.requests == ["GET"]


async def test_a_short_pause_that_the_broker_asks_for_is_kept() -> None:
    clock = Hurried()
    desk = Desk(clock=clock)
    async with peer(answering("429 Slow", "Retry-After: 3")) as there, http(desk) as us:
        assert (await us.request(call(), f"{there.url}/x")).body == b"hi"
    assert sum(clock.slept) >= 3
    assert desk.outcomes() == ["REFUSED", "OK"]


async def test_a_long_pause_is_left_to_the_caller_and_kept_for_everybody_else() -> None:
    desk = Desk(clock=Hurried())
    async with peer(answering("429 Slow", "Retry-After: 60")) as there, http(desk) as us:
        with pytest.raises(RateLimited) as told:
            await us.request(call(), f"{there.url}/x")
        assert told.value.retry_after == 60
        with pytest.raises(RateLimited):
            await us.request(call("DELETE", Purpose.CANCEL), f"{there.url}/x")
        assert there.requests == ["GET"]
    assert desk.outcomes() == ["REFUSED", "DENIED"]


async def test_the_brokers_own_count_slows_us_down() -> None:
    desk = Desk(clock=FakeClock(), rate=Rate(calls=200, per=timedelta(minutes=1)), patience=0)
    async with peer(answering("200 OK", "Left: 0"), after=OK) as there, http(desk) as us:
        await us.request(call(), f"{there.url}/x")
        with pytest.raises(RateLimited):
            await us.request(call(), f"{there.url}/x")
        assert there.requests == ["GET"]


async def test_an_answer_cut_short_is_not_an_answer() -> None:
    desk = Desk(clock=Hurried())
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    async with peer(cut, None) as there, http(desk) as us:

        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(cut)
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises(OutcomeUnknown):
                await us.request(call("POST"), f"http://127.0.0.1:{port}/x")
        assert there.requests == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_broker_that_never_answers_is_given_up_at_the_deadline(method: str) -> None:
    desk = Desk(clock=Hurried())
    async with peer(b"", after=b"") as there:
        us = Http(desk.gate(), desk.clock, DIALECT, headers={}, deadline=0.05)
        with pytest.raises(OutcomeUnknown):
            await us.request(call(method), f"{there.url}/x")
        await us.aclose()
        assert there.requests == [method] * len(desk.records)
    assert set(desk.outcomes()) == {"UNKNOWN"}


async def test_an_answer_without_an_end_is_given_up() -> None:
    desk = Desk()
    megabyte = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(megabyte)
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    async with server, http(desk) as us:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unintelligible):
            await us.request(call(), f"http://127.0.0.1:{port}/x")


async def test_we_are_not_sent_elsewhere() -> None:
    desk = Desk()
    async with peer() as elsewhere:
        moved = answering("307 Moved", f"Location: {elsewhere.url}/y")
        async with peer(moved, moved) as there, http(desk) as us:
            with pytest.raises(Refused):
                await us.request(call("POST"), f"{there.url}/x")
            with pytest.raises(Unreachable):
                await us.websocket(call("GET", Purpose.SESSION), f"{there.url}/x")
        assert elsewhere.requests == []


async def test_a_refused_handshake_is_told_apart_from_a_dead_host() -> None:
    desk = Desk()
    async with peer(answering("429 Slow", "Retry-After: 9")) as there, http(desk) as us:
        with pytest.raises(RateLimited) as told:
            await us.websocket(call("GET", Purpose.SESSION), f"{there.url}/x")
    assert told.value.retry_after == 9
    assert desk.outcomes() == ["REFUSED"]


@pytest.mark.parametrize("used", [0, 1])
async def test_a_closed_line_opens_nothing_used_before_or_not(used: int) -> None:
    async with peer(OK, OK) as there, http(Desk(clock=Hurried())) as us:
        for _ in range(used):
            await us.request(call(), f"{there.url}/x")
        await us.aclose()
        with pytest.raises(Unreachable):
            await us.request(call("POST"), f"{there.url}/x")
        with pytest.raises(Unreachable):
            await us.websocket(call(), f"ws://{there.url.partition('//')[2]}/x")
        assert there.requests == ["GET"] * used


async def test_no_header_of_ours_hangs_on_an_error() -> None:
    def everything(error: BaseException | None) -> str:
        found = ""
        while error is not None:
            found += f"{error!r} {error} {vars(error)}"
            error = error.__cause__ or error.__context__
        return found

    tried: list[Callable[[Http, str], object]] = [
        lambda us, url: us.request(call("POST"), f"{url}/x"),
        lambda us, url: us.websocket(call("GET", Purpose.SESSION), f"{url}/x"),
    ]
    for way in tried:
        for answer in (None, answering("403 No"), b"garbage\r\n\r\n"):
            async with peer(answer, after=None) as there, http(Desk()) as us:
                with pytest.raises(BrokerError) as told:
                    await way(us, there.url)  # type: ignore[misc]  # both are coroutines
            assert SECRET not in everything(told.value)


async def test_a_fake_clock_is_enough_for_the_gate() -> None:
    desk = Desk(clock=FakeClock())
    async with peer() as there, http(desk) as us:
        await us.request(call(), f"{there.url}/x")
    assert (desk.records[0].user, desk.records[0].connection) == (USER, CONNECTION)


async def test_every_attempt_is_signed_anew_for_the_url_that_leaves_byte_for_byte() -> None:
    desk, signed = Desk(clock=Hurried()), list[tuple[str, str]]()

    def sign(method: str, url: str) -> Mapping[str, str]:
        signed.append((method, url))
        return {"Authorization": f"number {len(signed)}"}

    path = "/x/a%2Fb%3A%20c?q=1%2B1%20%7E&e="
    made = Http(desk.gate(), desk.clock, DIALECT, headers={"Key": SECRET}, sign=sign)
    async with peer(answering("503 Busy"), answering("503 Busy")) as there:
        await made.request(call(), there.url + path)
        await made.aclose()
    assert signed == [("GET", there.url + path)] * 3
    assert [head.split(" ")[1] for head in there.heads] == [path] * 3
    assert [f"number {index}" in head for index, head in enumerate(there.heads, 1)] == [True] * 3


def test_an_id_adds_neither_a_folder_nor_a_query_to_its_path() -> None:
    path = filled("/orders/{order_id}/legs/{leg}", {"order_id": "../a b?c=1#d", "leg": "{2}"})
    assert path == "/orders/..%2Fa%20b%3Fc%3D1%23d/legs/%7B2%7D"


@pytest.mark.parametrize("id", [".", ".."])
def test_an_id_of_dots_leads_nowhere(id: str) -> None:
    with pytest.raises(Problem) as raised:
        filled("/orders/{order_id}", {"order_id": id})
    assert raised.value.code is ErrorCode.BAD_INPUT
