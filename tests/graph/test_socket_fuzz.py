"""Whatever is said on a socket in whatever order: it goes on, or is closed by a code that fits."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from graph.protocol import Close
from tests.graph.conversation import talking
from tests.server import Served, served
from tests.streaming import samples
from tests.waiting import until

CONVERSATIONS, LONGEST = 60, 12
# 1009 is the server's protocol's own word for a frame that is too long, 1007 for broken UTF-8.
FITTING = {*(int(code) for code in Close), 1007, 1009}

QUERIES = [
    "{ viewer { name } }",
    "subscription { changes { __typename } }",
    "subscription { positionUpdated(maxRate: 20) { upserts { quantity } } }",
    "mutation { sync(input: {connectionId: \"x\"}) { userErrors { code } } }",
    "query A { __typename } query B { __typename }",
    "{", "", "{ nope }", "subscription { changes(after: \"x\") { __typename } }",
    "subscription { a: changes { __typename } b: changes { __typename } }",
]  # fmt: skip
ODD: list[Any] = [None, [], {}, 7, "", "1", "x" * 300, True, {"a": {"b": []}}, "\x00", "\ud7ff"]


def message(random: Random, token: str) -> str | bytes:
    """Something that a client might say, often wrong."""
    kind = random.choice(["connection_init", "subscribe", "subscribe", "complete", "ping", "pong"])
    payload: Any = random.choice([*ODD, {"query": random.choice(QUERIES)}])
    said: dict[str, Any] = {"type": kind, "id": random.choice(["1", "2", "3", *ODD])}
    match random.randrange(10):
        case 0:
            return bytes(random.randrange(256) for _ in range(20))
        case 1:
            return random.choice(["", "[" * 50_000, "null", "{", '{"type":', "\u2028", "[1]"])
        case 2:
            said["payload"] = payload
        case 3:
            said["type"] = random.choice([*ODD, "connection_ack", "next", "error", "start"])
        case _ if kind == "subscribe":
            variables = random.choice([None, {}, {"after": "x"}, {"x": [1, None]}])
            said |= {"id": random.choice("123"), "payload": {"query": random.choice(QUERIES)}}
            said["payload"]["variables"] = variables
        case _ if kind == "connection_init":
            said["payload"] = {"authorization": random.choice([f"Bearer {token}", "x", None, []])}
    return json.dumps(said)


async def conversed(server: Served, token: str, seed: int) -> int | None:
    """The code that it was closed with; None if it went on until we hung up."""
    random = Random(seed)
    async with talking(server.socket_url, token=token if seed % 3 else None) as talk:
        try:
            for _ in range(random.randrange(1, LONGEST)):
                await talk.wire.send(message(random, token))
                if random.random() < 0.3:
                    await asyncio.wait_for(talk.wire.recv(), timeout=0.05)
            if seed % 3:
                # Still there: a message that is answered at once, after all the nonsense.
                await talk.send({"type": "ping", "payload": {"still": "there"}})
                while json.loads(await talk.wire.recv()).get("payload") != {"still": "there"}:
                    pass
        except TimeoutError:
            pass
        except ConnectionClosed:
            return talk.wire.close_code
    return None


async def test_nothing_that_is_said_breaks_a_socket_in_another_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(tmp_path) as server:
        link = await server.link(samples.account())
        held = samples.snapshot(samples.holding(5))
        await server.house.stores.ledger.record(link.user_id, link.id, held)
        token = await server.token()
        codes = [await conversed(server, token, seed) for seed in range(CONVERSATIONS)]
        assert {code for code in codes if code is not None} <= FITTING
        assert len(set(codes)) > 3
        assert None in codes
        await until(lambda: server.graphql.sockets.open == 0)
        assert server.graphql.sockets.running == 0
        assert [r for r in caplog.records if r.exc_info] == []
        async with talking(server.socket_url, token=token) as talk:
            assert await talk.ask("1", "{ viewer { name } }") == {"viewer": {"name": "ada"}}


async def test_an_address_has_only_so_many_sockets_on_which_nobody_signed_in(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, sockets_waiting=2) as server:
        token = await server.token()
        async with talking(server.socket_url) as one, talking(server.socket_url):
            async with talking(server.socket_url) as third:
                assert await third.closed() == Close.TRY_AGAIN_LATER
            await one.init(token)
            async with talking(server.socket_url, token=token):
                pass
