"""Whatever the API guide shows works, as it is shown."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from graphql import OperationType

from domain.errors import ErrorCode
from graph.allowance import Flow
from graph.documents import Documents
from graph.execute import POINTS_PER_TOKEN, POINTS_TO_START
from graph.http import LONGEST_BODY
from graph.limits import Limits
from graph.protocol import Close
from graph.schema import build
from graph.socket import Pace
from tests.graph.conversation import talking
from tests.server import Served, served
from tests.streaming import samples

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "api.md").read_text()
EXPLORER = (ROOT / "graph" / "explorer" / "explorer.js").read_text()
CLIENTS = ROOT / "tests" / "clients"
COMMANDS = {
    "bash": ["bash", "-euo", "pipefail", "-s"],
    "js": ["node", "--input-type=module", "-"],
    "python": [sys.executable, "-"],
}
EXPECTED = {"bash": '"name":"ada"', "js": r"Snapshot|ada", "python": "Snapshot"}


def examples(language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        connection = await running.link(samples.account())
        snapshot = samples.snapshot(samples.holding(5), marks=(samples.mark(110),))
        ledger = running.house.stores.ledger
        await ledger.record(connection.user_id, connection.id, snapshot)
        yield running


@pytest.mark.parametrize("language", COMMANDS)
async def test_programs_of_the_guide_run(server: Served, language: str) -> None:
    environment = {
        **os.environ,
        "API_URL": server.url,
        "API_TOKEN": await server.token(),
    }
    found = examples(language)
    assert found
    for program in found:
        process = await asyncio.create_subprocess_exec(
            *COMMANDS[language], cwd=CLIENTS, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate(program.encode())
        assert process.returncode == 0, err.decode()
        assert re.search(EXPECTED[language], out.decode()), out.decode()


def test_operations_of_the_guide_and_of_the_explorer_are_valid() -> None:
    documents = Documents(build(), Limits())
    shown = re.findall(r"^  '[\w ]+': `(.*?)`", EXPLORER, re.DOTALL | re.MULTILINE)
    shown += re.findall(r"^const INTROSPECTION = `(.*?)`", EXPLORER, re.DOTALL | re.MULTILINE)
    assert len(shown) > 5
    for text in [*examples("graphql"), *shown]:
        assert documents.read(text).errors == (), text


async def test_the_query_and_the_subscription_of_the_guide_answer(server: Served) -> None:
    by_name = {re.search(r"\w+ (\w+)", text)[1]: text for text in examples("graphql")}  # type: ignore[index]  # each has a name
    async with talking(server.socket_url, token=await server.token()) as talk:
        data = await talk.ask("1", by_name["Portfolio"])
        assert data["positions"]["nodes"][0]["valuation"]["marketValue"] == "550"
        await talk.subscribe("2", by_name["Changes"])
        assert (await talk.data("2"))["changes"]["__typename"] == "Snapshot"


def test_every_error_code_and_every_close_code_is_told() -> None:
    assert [code for code in ErrorCode if f"`{code}`" not in GUIDE] == []
    assert [code for code in Close if f"| {code.value} |" not in GUIDE] == []


def test_the_limits_are_those_of_the_program() -> None:
    limits, flow = Limits(), Flow()
    for told in (
        f"{flow.capacity:,}, and {flow.restored:,} a second",
        f"| points of one operation | {limits.cost:,} |",
        f"{POINTS_TO_START[OperationType.SUBSCRIPTION]} points besides",
        f"{POINTS_PER_TOKEN} points a token besides",
        f"{LONGEST_BODY // 1024} KiB, 64 KiB",
        f"| operations at once on a socket | {Pace().operations} |",
    ):
        assert told in GUIDE
    row = next(line for line in GUIDE.splitlines() if line.startswith("| document |"))
    figures = [int(figure.replace(",", "")) for figure in re.findall(r"[\d,]*\d", row)]
    assert figures == [
        limits.length,
        limits.tokens,
        limits.depth,
        limits.fields,
        limits.roots,
        limits.aliases,
        limits.directives,
        limits.fragments,
    ]
