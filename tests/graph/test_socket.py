"""graphql-transport-ws as real clients meet it: every rule of the protocol."""

import json
from pathlib import Path

from graph.allowance import Allowances, Flow
from graph.socket import Pace
from tests.clock import FakeClock
from tests.graph.conversation import talking
from tests.server import Served, served
from tests.streaming import samples
from tests.waiting import until

VIEWER = "{ viewer { name } }"
CHANGES = "subscription { changes { __typename ... on OrderChanged { order { status } } } }"
CONNECTIONS = "subscription { connectionUpdated { id } }"


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
