"""Linking through GraphQL alone, and what a client sees while a broker misbehaves."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox.orders import Side, Ticket
from tests.flow.world import Api, World, world
from tests.waiting import asked_until

SYNC = """
mutation Sync($input: ConnectionInput!) {
  sync(input: $input) { run { id } userErrors { code message } }
}
"""
RUN = "query Run($id: ID!) { syncRun(id: $id) { finishedAt results { resource status error } } }"
POSITIONS = "{ positions(first: 10) { edges { node { quantity valuation { asOf } } } } }"


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        made.box.exchange.submit(
            made.box.paper, Ticket(symbol="AAPL", side=Side.BUY, quantity=Decimal(3))
        )
        made.box.exchange.work()
        yield made


def _state(*states: str) -> Any:
    return lambda connection: connection["health"]["state"] in states


async def _synced(api: Api, id: str) -> dict[str, Any]:
    """A sync run from the request to its end."""
    asked = (await api.ask(SYNC, input={"connectionId": id}))["sync"]
    assert asked["userErrors"] == [], asked
    run = asked["run"]["id"]
    found = await asked_until(
        lambda: api.ask(RUN, id=run), lambda data: data["syncRun"]["finishedAt"] is not None
    )
    results: dict[str, Any] = found["syncRun"]
    return results


async def _linked(api: Api) -> str:
    """The id of a connection whose first reading is over."""
    id = await api.link()
    await asked_until(lambda: api.connection(id), _read)
    return id


def _read(connection: dict[str, Any]) -> bool:
    freshness = {each["resource"]: each["status"] for each in connection["freshness"]}
    return freshness.get("POSITIONS") == "OK"


async def test_right_keys_link_and_the_portfolio_is_there(api: Api) -> None:
    await api.link()
    data = await asked_until(lambda: api.ask(POSITIONS), lambda data: data["positions"]["edges"])
    assert [edge["node"]["quantity"] for edge in data["positions"]["edges"]] == ["3"]


async def test_wrong_keys_keep_nothing_and_can_be_mended(api: Api) -> None:
    id = await api.begin()
    refused = await api.complete(id, "PKWRONG", "not-a-secret")
    assert [error["code"] for error in refused["userErrors"]] == ["CREDENTIALS_REJECTED"]
    pending = await api.connection(id)
    assert pending["health"]["state"] == "PENDING"
    assert pending["health"]["fault"]["code"] == "CREDENTIALS_REJECTED"
    assert (await api.complete(id, sandbox.PAPER_KEY, sandbox.PAPER_SECRET))["userErrors"] == []
    await asked_until(lambda: api.connection(id), _state("ACTIVE"))


async def test_keys_of_the_other_environment_are_refused(api: Api) -> None:
    id = await api.begin(environment="LIVE")
    refused = await api.complete(id, sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
    assert [error["code"] for error in refused["userErrors"]] == ["ENVIRONMENT_MISMATCH"]


async def test_a_business_refusal_is_no_failure_of_the_credentials(made: World, api: Api) -> None:
    id = await _linked(api)
    made.box.faults.add("refused", path="/v2/positions", count=0)
    run = await _synced(api, id)
    made.box.faults.clear()
    assert "FAILED" in {result["status"] for result in run["results"]}
    connection = await asked_until(lambda: api.connection(id), _state("ACTIVE", "DEGRADED"))
    assert connection["health"]["state"] != "REAUTH_REQUIRED"
    await asked_until(lambda: api.connection(id), _state("ACTIVE"))


async def test_too_many_requests_is_told_and_heals(made: World, api: Api) -> None:
    id = await _linked(api)
    made.box.faults.add("rate_limited", path="/v2/positions", count=8, retry_after=1)
    await _synced(api, id)
    limited = await asked_until(lambda: api.connection(id), _state("DEGRADED"))
    assert limited["health"]["fault"]["code"] == "RATE_LIMITED"
    made.box.faults.clear()
    await asked_until(lambda: api.connection(id), _state("ACTIVE"))


async def test_keys_that_die_ask_for_signing_in_and_the_repair_keeps_the_connection(
    made: World, api: Api
) -> None:
    id = await _linked(api)
    made.box.faults.add("unauthorized", count=0)
    await _synced(api, id)
    dead = await asked_until(lambda: api.connection(id), _state("REAUTH_REQUIRED"))
    assert dead["health"]["fault"]["code"] == "CREDENTIALS_REJECTED"
    # What is known stays, with its time.
    data = await api.ask(POSITIONS)
    assert [edge["node"]["quantity"] for edge in data["positions"]["edges"]] == ["3"]
    made.box.faults.clear()
    mended = await api.complete(id, sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
    assert mended["userErrors"] == []
    assert mended["connection"]["id"] == id
    await asked_until(lambda: api.connection(id), _state("ACTIVE"))


async def test_another_accounts_keys_do_not_repair(made: World, api: Api) -> None:
    id = await _linked(api)
    made.box.alpaca.account("PKOTHER", "another-secret", "paper")
    refused = await api.complete(id, "PKOTHER", "another-secret")
    assert [error["code"] for error in refused["userErrors"]] == ["DIFFERENT_ACCOUNT"]


async def test_an_outage_shows_since_when_keeps_what_is_known_and_heals(
    made: World, api: Api
) -> None:
    id = await _linked(api)
    await made.box.inflict("outage", seconds=3)
    await _synced(api, id)
    down = await asked_until(lambda: api.connection(id), _state("DEGRADED"))
    assert down["health"]["reach"] == "DOWN"
    assert down["health"]["fault"]["code"] == "BROKER_UNREACHABLE"
    freshness = {each["resource"]: each for each in down["freshness"]}
    assert freshness["POSITIONS"]["status"] == "FAILED"
    assert freshness["POSITIONS"]["succeededAt"] is not None
    data = await api.ask(POSITIONS)
    assert [edge["node"]["quantity"] for edge in data["positions"]["edges"]] == ["3"]
    await asked_until(lambda: api.connection(id), _state("ACTIVE"))


async def test_a_read_connection_sends_nothing_but_reads(made: World, api: Api) -> None:
    id = await api.link(permission="READ")
    await _synced(api, id)
    assert {entry.method for entry in made.box.log.entries} == {"GET"}
