"""graphql-transport-ws as real clients meet it: every rule of the protocol, and every way out."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from domain.access import Scope
from graph.allowance import Allowances, Flow
from graph.connections import connection_id
from graph.protocol import PROTOCOL
from graph.socket import Pace
from store.unit import Unit
from tests.clock import FakeClock
from tests.graph.conversation import stalling, talking
from tests.server import ORIGIN, Served, served
from tests.streaming import samples
from tests.waiting import until

VIEWER = "{ viewer { name } }"
CHANGES = "subscription { changes { __typename ... on OrderChanged { order { status } } } }"
RENAME = """
mutation($id: ID!) {
  updateConnection(input: {connectionId: $id, label: "New"}) { userErrors { code } }
}
"""
CONNECTIONS = "subscription { connectionUpdated { id } }"


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running


INIT, SUBSCRIBE = "to sign in", "to subscribe as 1"
VIOLATIONS: list[tuple[list[str | bytes], int]] = [
    (["[]"], 4400),
    (["null"], 4400),
    (["[" * 30_000], 4400),
    ([b"binary"], 4400),
    (['{"type":"connection_ack"}'], 4400),
    (['{"type":"subscribe","id":"1","payload":{"query":"{a}"}}'], 4401),
    (['{"type":"connection_init","payload":[]}'], 4400),
    (['{"type":"connection_init","payload":{"authorization":"Bearer nope"}}'], 4403),
    (['{"type":"connection_init","payload":null}'], 4403),
    ([INIT, '{"type":"connection_init"}'], 4429),
    ([INIT, '{"type":"subscribe","id":"1","payload":null}'], 4400),
    ([INIT, '{"type":"subscribe","id":"","payload":{"query":"{a}"}}'], 4400),
    ([INIT, '{"type":"subscribe","id":"1","payload":{"query":7}}'], 4400),
    ([INIT, '{"type":"complete","id":[]}'], 4400),
    ([INIT, SUBSCRIBE, SUBSCRIBE], 4409),
    (["x" * 70_000], 1009),
]


async def test_breaking_the_protocol_closes_with_its_code(server: Served) -> None:
    token = await server.token()
    for said, code in VIOLATIONS:
        async with talking(server.socket_url) as talk:
            for message in said:
                if message == INIT:
                    await talk.init(token)
                elif message == SUBSCRIBE:
                    await talk.subscribe("1", CHANGES)
                else:
                    await talk.wire.send(message)
            assert await talk.closed() == code, said
    await until(lambda: server.graphql.sockets.open == 0)


async def test_another_subprotocol_is_refused_with_4406(server: Served) -> None:
    async with talking(server.socket_url, protocol="graphql-ws") as talk:
        assert await talk.closed() == 4406


async def test_a_ping_is_echoed_and_a_pong_ignored(server: Served) -> None:
    async with talking(server.socket_url) as talk:
        await talk.send({"type": "ping"})
        assert await talk.next() == {"type": "pong"}
        await talk.send({"type": "pong", "payload": {"a": 1}})
        await talk.send({"type": "ping", "payload": {"b": [1, 2]}})
        assert await talk.next() == {"type": "pong", "payload": {"b": [1, 2]}}


async def test_whoever_does_not_initialise_in_time_is_closed_with_4408(tmp_path: Path) -> None:
    clock = FakeClock()
    async with served(tmp_path, clock=clock) as server, talking(server.socket_url) as talk:
        await until(lambda: server.graphql.sockets.open)
        await clock.advance(5.1)
        assert await talk.closed() == 4408


async def test_the_server_pings(tmp_path: Path) -> None:
    clock = FakeClock()
    async with served(tmp_path, clock=clock) as server, talking(server.socket_url) as talk:
        await talk.init(await server.token())
        await clock.advance(15.1)
        assert json.loads(await talk.wire.recv()) == {"type": "ping"}


async def test_operations_of_every_type_run_beside_each_other(server: Served) -> None:
    async with talking(server.socket_url, token=await server.token()) as talk:
        await talk.subscribe("s", CHANGES)
        assert await talk.data("s") == {"changes": {"__typename": "Snapshot"}}
        assert await talk.ask("q", VIEWER) == {"viewer": {"name": "ada"}}
        mutation = 'mutation { sync(input: {connectionId: "x"}) { userErrors { code } } }'
        assert await talk.ask("m", mutation) == {"sync": {"userErrors": [{"code": "NOT_FOUND"}]}}


CANNOT_START = {
    "{": "BAD_INPUT",
    "{ nope }": "BAD_INPUT",
    "query A { viewer { name } } query B { viewer { name } }": "BAD_INPUT",
    "query($n: Int!) { orders(first: $n) { nodes { id } } }": "BAD_INPUT",
    "subscription { a: connectionUpdated { id } b: connectionUpdated { id } }": "BAD_INPUT",
    'subscription { changes(after: "x") { __typename } }': "CURSOR_INVALID",
    "subscription { positionUpdated(maxRate: 1000) { asOf } }": "BAD_INPUT",
    "subscription { connectionUpdated { accounts { id } } }": "BAD_INPUT",
    "{" + "viewer{name}" * 100 + "}": "TOO_COMPLEX",
    "{ viewer { tokens { id } } }": "FORBIDDEN",
}


async def test_an_operation_that_cannot_start_is_an_error_of_its_own_each_time(
    server: Served,
) -> None:
    async with talking(server.socket_url, token=await server.token()) as talk:
        await talk.subscribe("other", CONNECTIONS)
        for query, code in CANNOT_START.items():
            for _ in range(2):
                await talk.subscribe("1", query)
                message = await talk.next()
                assert (message["type"], message["id"]) == ("error", "1"), query
                assert message["payload"][0]["extensions"]["code"] == code, query
        assert await talk.ask("1", VIEWER) == {"viewer": {"name": "ada"}}


async def test_an_id_is_free_once_its_operation_is_over(server: Served) -> None:
    async with talking(server.socket_url, token=await server.token()) as talk:
        for _ in range(5):
            await talk.subscribe("1", CHANGES)
            assert await talk.data("1")
            await talk.send({"type": "complete", "id": "1"})
        assert await talk.ask("1", VIEWER)
        await until(lambda: server.graphql.sockets.running == 0)
        await until(lambda: server.house.hub.listeners == 1)  # what waits for revocations


async def test_an_operation_may_be_over_before_it_began(server: Served) -> None:
    async with talking(server.socket_url, token=await server.token()) as talk:
        for _ in range(50):
            await talk.subscribe("1", CHANGES)
            await talk.send({"type": "complete", "id": "1"})
        await talk.subscribe("2", VIEWER)
        while (await talk.next()) != {"type": "complete", "id": "2"}:
            pass
        await until(lambda: server.graphql.sockets.running == 0)
        await until(lambda: server.house.hub.listeners == 1)


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


async def test_too_many_operations_on_one_socket_are_refused(tmp_path: Path) -> None:
    pace = Pace(operations=2)
    async with served(tmp_path, pace=pace) as server, talking(server.socket_url) as talk:
        await talk.init(await server.token())
        for id in "12":
            await talk.subscribe(id, CHANGES)
            assert await talk.data(id)
        await talk.subscribe("3", VIEWER)
        message = await talk.next()
        assert message["payload"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"


async def test_too_many_sockets_of_a_user_are_told_to_try_again_later(tmp_path: Path) -> None:
    async with served(tmp_path, sockets_per_user=1) as server:
        token = await server.token()
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        async with talking(server.socket_url, token=token):
            async with talking(server.socket_url) as talk:
                await talk.send(init)
                assert await talk.closed() == 1013
            async with talking(server.socket_url, token=await server.token("bob")) as other:
                assert await other.ask("1", VIEWER) == {"viewer": {"name": "bob"}}
        await until(lambda: server.graphql.sockets.open == 0)
        async with talking(server.socket_url, token=token) as talk:
            assert await talk.ask("1", VIEWER)


async def test_points_are_the_same_by_socket_and_by_http(tmp_path: Path) -> None:
    clock = FakeClock()
    allowances = Allowances(clock, Flow(capacity=200, restored=10))
    async with served(tmp_path, clock=clock, allowances=allowances) as server:
        token = await server.token()
        async with (
            talking(server.socket_url, token=token) as one,
            talking(server.socket_url, token=token) as two,
        ):
            assert await one.ask("1", VIEWER)
            await two.subscribe("1", "{ orders(first: 170) { nodes { id } } }")
            message = await two.next()
            assert message["payload"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
            assert await one.ask("1", VIEWER)
            await clock.advance(60)
            assert await one.ask("1", VIEWER)


async def test_a_token_that_expires_closes_its_sockets_with_4403(tmp_path: Path) -> None:
    clock = FakeClock()
    async with served(tmp_path, clock=clock) as server:
        user = await server.user()
        _, secret = await server.house.stores.tokens.issue(
            user.id,
            name="brief",
            scopes=[Scope.READ],
            expires_at=clock.now() + timedelta(minutes=1),
        )
        async with talking(server.socket_url, token=secret) as talk:
            await clock.advance(50)
            assert await talk.ask("1", VIEWER)
            await clock.advance(11)
            assert await talk.closed() == 4403


async def test_revoking_a_token_closes_its_sockets_alone(server: Served) -> None:
    stores, user = server.house.stores, await server.user()
    revoked, secret = await stores.tokens.issue(user.id, name="a", scopes=[Scope.READ])
    async with (
        talking(server.socket_url, token=secret) as gone,
        talking(server.socket_url, token=secret) as gone_too,
        talking(server.socket_url, token=await server.token()) as stays,
    ):
        await gone.subscribe("1", CHANGES)
        assert await gone.data("1")
        await stores.tokens.revoke(user.id, revoked.id)
        assert await gone.closed() == 4403
        assert await gone_too.closed() == 4403
        assert await stays.ask("1", VIEWER)


async def test_disabling_a_user_closes_all_of_their_sockets(server: Served) -> None:
    user = await server.user()
    async with (
        talking(server.socket_url, token=await server.token()) as one,
        talking(server.socket_url, token=await server.token()) as two,
        talking(server.socket_url, token=await server.token("bob")) as other,
    ):
        await server.house.stores.users.disable(user.id)
        assert await one.closed() == 4403
        assert await two.closed() == 4403
        assert await other.ask("1", VIEWER)


async def test_a_cookie_counts_only_from_a_page_of_ours(server: Served) -> None:
    cookie, init = {"Cookie": await server.cookie()}, {"type": "connection_init"}
    async with talking(server.socket_url, additional_headers=cookie, origin=ORIGIN) as ours:
        await ours.send(init)
        assert await ours.next() == {"type": "connection_ack"}
        data = await ours.ask("1", "{ viewer { name signedInAt tokens { id } } }")
        assert data["viewer"]["signedInAt"]
    for origin in ("https://evil.example", "null", None):
        async with talking(server.socket_url, additional_headers=cookie, origin=origin) as other:
            await other.send(init)
            assert await other.closed() == 4403


async def test_a_token_counts_from_any_page(server: Served) -> None:
    async with talking(
        server.socket_url, token=await server.token(), origin="https://other.example"
    ) as talk:
        assert await talk.ask("1", VIEWER)


async def test_what_a_token_does_not_allow_is_refused(server: Served) -> None:
    reader = await server.token("ada", Scope.READ)
    disconnect = 'mutation { disconnect(input: {connectionId: "x"}) { userErrors { code } } }'
    async with talking(server.socket_url, token=reader) as talk:
        await talk.subscribe("1", disconnect)
        message = await talk.next()
        assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"
    async with talking(server.socket_url, token=await server.token("ada", Scope.TRADE)) as talk:
        await talk.subscribe("1", "{ accounts { id } }")
        assert (await talk.next())["type"] == "error"


async def test_not_being_able_to_tell_who_asks_is_no_refusal(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        token = await server.token()
        await server.house.stores.db.close()
        async with talking(server.socket_url) as talk:
            payload = {"authorization": f"Bearer {token}"}
            await talk.send({"type": "connection_init", "payload": payload})
            assert await talk.closed() == 1013


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


async def test_an_event_reaches_every_socket_of_its_user_and_no_other(server: Served) -> None:
    connection = await server.link(samples.account())
    ada, bob = await server.token(), await server.token("bob")
    async with (
        talking(server.socket_url, token=ada) as one,
        talking(server.socket_url, token=ada) as two,
        talking(server.socket_url, token=bob) as other,
    ):
        for talk in (one, two, other):
            await talk.subscribe("1", CHANGES)
            assert await talk.data("1") == {"changes": {"__typename": "Snapshot"}}
        ledger = server.house.stores.ledger
        await ledger.record(connection.user_id, connection.id, samples.order("o1"))
        expected = {"changes": {"__typename": "OrderChanged", "order": {"status": "NEW"}}}
        assert await one.data("1") == expected
        assert await two.data("1") == expected
        assert await other.ask("2", VIEWER)
