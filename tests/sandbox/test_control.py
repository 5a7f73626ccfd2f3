"""The sandbox's own address, and running it alone."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.__main__ import parse_fault
from sandbox.acts import ACTS
from sandbox.faults import FRAME_FAULTS, HTTP_FAULTS, Faults
from tests.sandbox.wire import KEYS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
KINDS = {**HTTP_FAULTS, **FRAME_FAULTS, **ACTS}
EXAMPLES = re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \|$", PAGE, re.MULTILINE)


@pytest.fixture
async def control(box: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(box.control.url) as session:
        yield session


async def ask(
    control: aiohttp.ClientSession, verb: str, url: str, /, **body: Any
) -> tuple[int, Any]:
    """Status and body."""
    async with control.request(verb, url, json=body) as answer:
        return answer.status, json.loads(await answer.text(), parse_float=Decimal)


async def test_a_fault_can_be_asked_for_listed_and_forgotten(
    box: Sandbox, control: aiohttp.ClientSession
) -> None:
    url = "/_sandbox/faults"
    assert (await ask(control, "POST", url, kind="error", method="PATCH", count=2))[0] == 201
    _, listed = await ask(control, "GET", url)
    assert set(listed["kinds"]) == set(KINDS)
    assert [(one["kind"], one["method"], one["count"]) for one in listed["pending"]] == [
        ("error", "PATCH", 2)
    ]
    await ask(control, "DELETE", url)
    assert box.faults.pending == []


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/_sandbox/faults", {"kind": "nonsense"}),
        ("/_sandbox/faults", {"kind": "error", "colour": "red"}),
        ("/_sandbox/faults", {"kind": "revoke"}),
        ("/_sandbox/price", {"symbol": "NOPE", "price": "1"}),
        ("/_sandbox/price", {"symbol": "AAPL", "price": "much"}),
        ("/_sandbox/orders", {"account": "nobody"}),
    ],
)
async def test_what_makes_no_sense_is_a_400_that_says_why(
    control: aiohttp.ClientSession, url: str, body: dict[str, Any]
) -> None:
    status, answer = await ask(control, "POST", url, **body)
    assert status == 400
    assert answer["error"]


async def test_an_order_can_be_placed_elsewhere_and_the_book_shows_it(
    box: Sandbox, control: aiohttp.ClientSession
) -> None:
    status, order = await ask(
        control,
        "POST",
        "/_sandbox/orders",
        account=box.paper.id,
        symbol="AAPL",
        side="BUY",
        quantity="3",
    )
    assert (status, order["status"]) == (201, "FILLED")
    _, book = await ask(control, "GET", "/_sandbox/book")
    mine = book[box.paper.id]
    assert mine["holdings"]["AAPL"]["quantity"] == 3
    assert mine["cash"] == box.paper.cash
    assert box.log.entries == []


async def test_prices_move_when_told(box: Sandbox, control: aiohttp.ClientSession) -> None:
    before = box.exchange.market.quotes["AAPL"].last
    await ask(control, "POST", "/_sandbox/price", symbol="AAPL", price="123.45")
    assert box.exchange.market.quotes["AAPL"].last == Decimal("123.45") != before
    before = box.exchange.market.quotes["MSFT"].last
    await ask(control, "POST", "/_sandbox/tick", count=5)
    assert box.exchange.market.quotes["MSFT"].last != before


async def test_the_log_has_every_request_by_its_template(
    box: Sandbox, control: aiohttp.ClientSession
) -> None:
    async with aiohttp.ClientSession(box.alpaca.paper.url, headers=KEYS) as client:
        await client.get("/v2/orders/some-id")
    _, log = await ask(control, "GET", "/_sandbox/log")
    assert [(one["template"], one["status"]) for one in log] == [("/v2/orders/{order_id}", 404)]


def test_the_page_has_one_example_of_every_fault_and_of_nothing_else() -> None:
    assert [kind for kind, _ in EXAMPLES] == list(KINDS)


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_an_example_on_the_page_says_what_it_shows(kind: str, example: str) -> None:
    found, fields = parse_fault(example)
    assert found == kind
    if kind not in ACTS:
        Faults().add(found, **fields)


def test_a_fault_is_written_as_words() -> None:
    words = 'alter path=/v2/positions set={"qty":null} count=2'
    kind, fields = parse_fault(words)
    fault = Faults().add(kind, **fields)
    assert (fault.path, fault.set, fault.count) == ("/v2/positions", (("qty", None),), 2)
    with pytest.raises(ValueError, match="name=value"):
        parse_fault("error 500")


async def test_it_runs_alone_says_where_and_does_what_it_was_told() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        *("--port", "0", "--tick-interval", "0.01", "--fault", "error path=/v2/account status=503"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        lines = [[""]]
        while lines[-1][0] != "control":
            lines.append((await process.stdout.readline()).decode().split())
        urls = {line[0]: line[1] for line in lines[1:]}
        assert all(host in urls for host in ("alpaca-paper", "alpaca-live", "control"))
        async with aiohttp.ClientSession(urls["alpaca-paper"], headers=KEYS) as client:
            async with client.get("/v2/account") as answer:
                assert answer.status == 503
            async with client.get("/v2/positions") as answer:
                assert len(await answer.json()) == 7
    finally:
        process.terminate()
        await process.wait()
