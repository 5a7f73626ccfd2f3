"""Clients that go, stall or answer no more: nothing is left of them, and nobody waits for them."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from graph.connections import connection_id
from graph.protocol import PROTOCOL
from graph.socket import Pace
from store.unit import Unit
from tests.graph.conversation import stalling, talking
from tests.server import Served, served
from tests.streaming import samples
from tests.waiting import until

VIEWER = "{ viewer { name } }"
CHANGES = "subscription { changes { __typename ... on OrderChanged { order { status } } } }"
RENAME = """
mutation($id: ID!) {
  updateConnection(input: {connectionId: $id, label: "New"}) { userErrors { code } }
}
"""


async def test_a_client_that_goes_leaves_nothing_behind(server: Served) -> None:
    for _ in range(3):
        async with talking(server.socket_url, token=await server.token()) as talk:
            await talk.subscribe("1", CHANGES)
            await talk.subscribe("2", "subscription { positionUpdated { asOf } }")
            assert await talk.next()
            talk.wire.transport.abort()
        await until(lambda: server.graphql.sockets.open == 0)
        await until(lambda: server.house.hub.listeners == 0)
        assert server.graphql.sockets.running == 0
        assert server.graphql.sockets._watches == {}


async def test_a_reader_that_stalls_is_let_go_by_keepalive_and_slows_nobody(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, ping_seconds=1.0) as server:
        token = await server.token("bob")
        async with (
            stalling(server.port, await server.token()),
            talking(server.socket_url, token=token) as other,
        ):
            await until(lambda: server.graphql.sockets.running > 1)
            assert await other.ask("1", VIEWER)
            # A ping after a second, a second to answer it, two of grace.
            await until(lambda: server.graphql.sockets.open == 1, within=1 + 1 + 2 + 2)
            assert server.graphql.sockets.running == 0


async def test_a_client_that_answers_no_ping_is_told_to_come_back(tmp_path: Path) -> None:
    async with served(tmp_path, ping_seconds=0.5) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        silent = ClientProtocol(parse_uri(server.socket_url), subprotocols=[Subprotocol(PROTOCOL)])
        silent.send_request(silent.connect())
        writer.write(b"".join(silent.data_to_send()))
        async with asyncio.timeout(5):
            while silent.close_rcvd is None:
                # It reads everything, and what it would answer is thrown away.
                silent.receive_data(await reader.read(4096))
                silent.data_to_send()
        writer.close()
        assert silent.close_rcvd.code == 1013


async def test_a_reader_that_takes_no_message_in_time_is_let_go(tmp_path: Path) -> None:
    pace = Pace(take_timeout=0.5)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served(tmp_path, pace=pace))
        await stack.enter_async_context(stalling(server.port, await server.token()))
        await until(lambda: server.graphql.sockets.running > 1)
        await until(lambda: server.graphql.sockets.open == 0, within=0.5 + 1 + 2)
        assert server.graphql.sockets.running == 0


async def test_a_mutation_that_began_ends_although_its_client_is_gone(server: Served) -> None:
    connection, stores = await server.link(samples.account()), server.house.stores
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: Unit) -> None:
        begun.set()
        await go_on.wait()

    async with talking(server.socket_url, token=await server.token()) as talk:
        holding = asyncio.create_task(stores.writer.write(connection.user_id, hold))
        await begun.wait()
        await talk.subscribe("1", RENAME, id=connection_id(connection.id))
        await until(lambda: server.graphql.sockets._unending)
        talk.wire.transport.abort()
    await until(lambda: server.graphql.sockets.open == 0)
    go_on.set()
    await holding
    await server.graphql.sockets.aclose()
    kept = await stores.connections.one(connection.user_id, connection.id)
    assert kept is not None
    assert kept.label == "New"
