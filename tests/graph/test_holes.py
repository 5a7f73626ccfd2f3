"""What tools that look for holes find here: nothing, to whoever is not signed in and to who is.

graphql-cop is in no package index (what bears its name on PyPI is an empty placeholder), so its
checks are asked here one by one, in its own documents.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from graph.allowance import Allowances, Flow
from graph.schema import build
from tests.clock import FakeClock
from tests.server import ORIGIN, Served, served
from tests.streaming import samples
from tools.witness_env import environment

EXAMPLES = 8

Found = dict[str, bool]


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    # As much as is wanted, so that a refusal for asking too much hides nothing.
    allowances = Allowances(FakeClock(), Flow(capacity=10**9, restored=1))
    async with served(tmp_path, allowances=allowances) as running:
        yield running


async def person(server: Served) -> dict[str, str]:
    """The headers of a browser that has signed in, whose user holds something."""
    link = await server.link(samples.account())
    held = samples.snapshot(samples.holding(5), marks=(samples.mark(110),))
    await server.house.stores.ledger.record(link.user_id, link.id, held)
    return {"Cookie": await server.cookie(), "Origin": ORIGIN}


async def posted(http: aiohttp.ClientSession, url: str, body: object) -> tuple[int, Any]:
    async with http.post(url, json=body) as answer:
        return answer.status, await answer.json()


async def findings(url: str, headers: Mapping[str, str]) -> Found:
    """Each check of graphql-cop of 2026, by its title: whether it would be reported."""
    found: Found = {}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def asked(query: str) -> Any:
            return (await posted(http, url, {"query": query}))[1]

        aliases = " ".join(f"alias{n}:__typename" for n in range(101))
        found["Alias Overloading"] = "alias100" in _data(await asked(f"query cop {{ {aliases} }}"))
        batch = [{"query": "query cop { __typename }"}] * 10
        found["Array-based Query Batching"] = isinstance((await posted(http, url, batch))[1], list)
        types = "{ type { fields " * 3 + "{ type { name } } " + "} } " * 3
        circle = f"query cop {{ __schema {{ types {{ fields {types} }} }} }}"
        found["Introspection-based Circular Query"] = bool(_data(await asked(circle)))
        doubled = await asked("query cop { __typename " + "@aa" * 10 + " }")
        found["Directive Overloading"] = len(doubled.get("errors", [])) == 10
        again = "query cop { " + "__typename \n" * 500 + "}"
        found["Field Duplication"] = bool(_data(await asked(again)))
        mistyped = await asked("query cop { __schema { directive } }")
        found["Field Suggestions"] = "Did you mean" in str(mistyped)
        found["Introspection"] = bool(
            _data(await asked("query cop { __schema { types { name } } }"))
        )
        broken = str(await asked("qwerty cop { abc }")).lower()
        found["Unhandled Errors Detection"] = "exception" in broken or "traceback" in broken
        found["Trace Mode"] = "tracing" in str(await asked("query cop { __typename }"))
        found |= await _by_other_ways(http, url)
    return found


async def _by_other_ways(http: aiohttp.ClientSession, url: str) -> Found:
    """The checks that do not post JSON."""
    found: Found = {}
    for title, query in (
        ("Mutation is allowed over GET", "mutation cop { __typename }"),
        ("GET Method Query Support", "query cop { __typename }"),
    ):
        async with http.get(url, params={"query": query}) as answer:
            found[title] = bool(_data(await answer.json()))
    async with http.post(url, data={"query": "query cop { __typename }"}) as answer:
        found["POST based url-encoded query"] = bool(_data(await answer.json()))
    async with http.get(url, headers={"Accept": "text/html"}) as answer:
        text = (await answer.text()).lower()
        found["GraphQL IDE"] = any(name in text for name in ("graphiql", "playground", "apollo"))
    return found


def _data(told: Any) -> Any:
    return (told.get("data") or {}) if isinstance(told, dict) else {}


async def test_graphql_cop_would_find_nothing_from_outside(server: Served) -> None:
    found = await findings(server.url, {})
    assert len(found) == 13
    assert [title for title, reported in found.items() if reported] == []


# Meant so for people and programs that have signed in: the schema is in the repository, and a GET
# changes nothing and is answered to no page of another origin.
MEANT = {"Introspection", "Field Suggestions", "GET Method Query Support"}


async def test_graphql_cop_would_find_nothing_else_from_inside(server: Served) -> None:
    headers = {"Authorization": f"Bearer {await server.token()}"}
    found = await findings(server.url, headers)
    assert {title for title, reported in found.items() if reported} == MEANT


async def test_schemathesis_finds_nothing(server: Served) -> None:
    python = await asyncio.to_thread(environment, "audit")
    script = Path(__file__).with_name("hole_finder.py")
    process = await asyncio.create_subprocess_exec(
        str(python),
        str(script),
        server.url,
        str(EXAMPLES),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    headers = json.dumps(await person(server)).encode()
    out, err = await process.communicate(headers)
    assert process.returncode == 0, err.decode()[-3000:]
    query, mutation = build().query_type, build().mutation_type
    assert query is not None
    assert mutation is not None
    assert int(out) == len(query.fields) + len(mutation.fields)
