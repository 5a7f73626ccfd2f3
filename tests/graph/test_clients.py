"""Clients as people use them: the same server, the same answers; none loses an event."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport

from domain.access import Scope
from tests.server import Served
from tests.streaming import samples

CLIENTS = Path(__file__).parents[1] / "clients"
README = Path(__file__).parents[2] / "README.md"
PATIENCE_SECONDS = 60
EVENTS = 60


@asynccontextmanager
async def node(script: str, *arguments: str) -> AsyncIterator[Process]:
    """A script of tests/clients as a child process."""
    assert (CLIENTS / "node_modules").exists(), "run: npm ci --prefix tests/clients"
    command = ["node", str(CLIENTS / script), *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    """The next line that it prints; if there is none, what it complained of."""
    assert process.stdout is not None
    assert process.stderr is not None
    text = (await process.stdout.readline()).decode().strip()
    assert text, (await process.stderr.read()).decode()
    return text


async def test_all_audits_of_graphql_over_http_are_ok(server: Served) -> None:
    async with node("audits.mjs", server.url, await server.token()) as process:
        told = json.loads(await line(process))
    assert told == {"count": 61, "bad": []}


async def owns_apple(server: Served) -> None:
    connection = await server.link(samples.account())
    await server.house.stores.ledger.record(
        connection.user_id, connection.id, samples.snapshot(samples.holding("2.5"))
    )


QUERY = "{ positions(first: 10) { nodes { id quantity instrument { id symbol } } } }"
MUTATION = 'mutation { sync(input: { connectionId: "nope" }) { userErrors { code } } }'
SUBSCRIPTION = "subscription { positionUpdated { upserts { id quantity } removedIds } }"


async def asked(server: Served, client: str, *documents: str) -> list[dict[str, Any]]:
    """What a JavaScript client was answered to a query, a mutation and a subscription."""
    async with node("speak.mjs", client, server.url, await server.token(), *documents) as process:
        answers: list[dict[str, Any]] = json.loads(await line(process))
        return answers


async def asked_by_python(
    server: Served, query: str, subscription: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same by gql, over both of its transports."""
    authorization = {"authorization": f"Bearer {await server.token()}"}
    http = AIOHTTPTransport(server.url, headers=authorization)
    async with Client(transport=http, fetch_schema_from_transport=True) as session:
        found = await session.execute(gql(query))
    wire = WebsocketsTransport(server.socket_url, init_payload=authorization)
    async with Client(transport=wire) as session:
        updates = session.subscribe(gql(subscription))
        update = await anext(updates)
        await updates.aclose()
    return found, update


@pytest.mark.parametrize("client", ["apollo", "urql", "graphqlWs"])
async def test_javascript_clients_query_mutate_and_subscribe(server: Served, client: str) -> None:
    await owns_apple(server)
    query, mutation, subscription = await asked(server, client, QUERY, MUTATION, SUBSCRIPTION)
    (position,) = query["positions"]["nodes"]
    assert (position["quantity"], position["instrument"]["symbol"]) == ("2.5", "AAPL")
    assert mutation["sync"]["userErrors"][0]["code"] == "NOT_FOUND"
    assert subscription["positionUpdated"]["upserts"][0]["id"] == position["id"]


async def test_python_gql_queries_by_http_and_subscribes_by_socket(server: Served) -> None:
    await owns_apple(server)
    found, update = await asked_by_python(server, QUERY, SUBSCRIPTION)
    (position,) = found["positions"]["nodes"]
    assert position["quantity"] == "2.5"
    assert update["positionUpdated"]["upserts"][0]["id"] == position["id"]


def in_the_readme() -> tuple[str, str]:
    """Its first query and its first subscription, word for word."""
    query, subscription = re.findall(r"```graphql\n(.*?)```", README.read_text(), re.DOTALL)
    return query, subscription


@pytest.mark.parametrize("client", ["apollo", "urql", "graphqlWs", "gql"])
async def test_what_the_readme_asks_first_every_client_can_ask(server: Served, client: str) -> None:
    await owns_apple(server)
    query, subscription = in_the_readme()
    if client == "gql":
        found, frame = await asked_by_python(server, query, subscription)
    else:
        found, _, frame = await asked(server, client, query, MUTATION, subscription)
    assert found["positions"]["nodes"][0]["instrument"]["symbol"] == "AAPL"
    assert found["connections"][0]["health"]["state"] == "ACTIVE"
    assert frame["changes"]["__typename"] == "Snapshot"
    assert frame["changes"]["cursor"]


@pytest.mark.parametrize("seed", [1, 20261120])
async def test_a_client_cut_at_random_gets_every_event_once_in_order(
    server: Served, seed: int
) -> None:
    connection, ledger = await server.link(samples.account()), server.house.stores.ledger
    arguments = [server.socket_url, await server.token(), str(EVENTS), str(seed)]
    async with node("resume.mjs", *arguments) as process:
        assert await line(process) == "ready"
        expected: list[str] = []
        for order in range(EVENTS // 10):
            for part in range(1, 11):
                report = samples.fill(f"o{order}", part)
                await ledger.record(connection.user_id, connection.id, report)
                expected.append(f"o{order}-{part}")
        told: dict[str, Any] = json.loads(await line(process))
    assert told["events"] == expected
    assert told["kinds"]["Snapshot"] == 1
    assert "Resync" not in told["kinds"]
    # It was cut and came back; how often depends on how much comes in one piece.
    assert told["connects"] > 1


async def test_a_client_comes_back_with_a_new_token_when_the_old_one_is_revoked(
    server: Served,
) -> None:
    stores, user = server.house.stores, await server.user()
    old, secret = await stores.tokens.issue(user.id, name="old", scopes=[Scope.READ])
    async with node("reauthorize.mjs", server.socket_url) as process:
        assert process.stdin is not None
        process.stdin.write(f"{secret}\n".encode())
        assert await line(process) == "received 1"
        await stores.tokens.revoke(user.id, old.id)
        process.stdin.write(f"{await server.token()}\n".encode())
        assert await line(process) == "received 2"
        assert json.loads(await line(process)) == {"closed": [4403]}


def test_the_lock_of_the_clients_names_no_registry() -> None:
    assert "resolved" not in (CLIENTS / "package-lock.json").read_text()
