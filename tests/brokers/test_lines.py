"""Lines: opened once, shared, replaced when closed, and never more than was permitted."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

import sandbox
from app.clock import RealClock
from brokers import plugins
from brokers.contract import Broker, Opening, Plugin
from brokers.gate import CallRecord
from brokers.lines import Lines
from domain.account import Environment
from domain.connection import Permission
from domain.errors import CredentialsRejected, NotPermitted, Problem, Unreachable
from domain.ids import ConnectionId, UserId
from sandbox import Sandbox
from tests.brokers.desk import connection, endpoints
from tests.brokers.tickets import resting
from tests.clock import rest

KEYS = {"key_id": sandbox.PAPER_KEY, "secret": sandbox.PAPER_SECRET}


class House:
    """Lines over the sandbox, and a count of how often one was opened."""

    def __init__(self, box: Sandbox) -> None:
        self.opened = 0
        self.keys: Mapping[str, str] | Exception = KEYS
        self.held = asyncio.Event()
        self.held.set()
        self.records: list[CallRecord] = []
        alpaca = plugins()["alpaca"]
        self._open = alpaca.open
        known: Mapping[str, Plugin] = {"alpaca": replace(alpaca, open=self._counted)}
        self.lines = Lines(
            known, self._credentials, self._record, RealClock(), {"alpaca": endpoints(box)}
        )

    async def _counted(self, opening: Opening) -> Broker:
        self.opened += 1
        await self.held.wait()
        return await self._open(opening)

    async def _credentials(self, _: UserId, __: ConnectionId) -> Mapping[str, str]:
        if isinstance(self.keys, Exception):
            raise self.keys
        return self.keys

    async def _record(self, record: CallRecord) -> None:
        self.records.append(record)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        yield running


@pytest.fixture
async def house(box: Sandbox) -> AsyncIterator[House]:
    made = House(box)
    yield made
    await made.lines.aclose()


async def test_whoever_asks_at_the_same_time_gets_the_same_line(house: House) -> None:
    house.held.clear()
    asking = [asyncio.create_task(house.lines.open(connection())) for _ in range(5)]
    await rest()
    house.held.set()
    opened = await asyncio.gather(*asking)
    assert house.opened == 1
    assert len({id(line) for line in opened}) == 1
    assert await house.lines.open(connection()) is opened[0]


async def test_one_who_gives_up_does_not_take_the_line_from_the_others(house: House) -> None:
    house.held.clear()
    first, second = (asyncio.create_task(house.lines.open(connection())) for _ in range(2))
    await rest()
    first.cancel()
    house.held.set()
    assert await second
    assert first.cancelled()


async def test_each_connection_has_a_line_of_its_own(house: House) -> None:
    one = await house.lines.open(connection("one"))
    assert await house.lines.open(connection("two")) is not one


async def test_a_line_that_could_not_be_opened_is_tried_anew(house: House) -> None:
    house.keys = Unreachable("the vault is shut")
    with pytest.raises(Unreachable, match="vault"):
        await house.lines.open(connection())
    house.keys = KEYS
    assert await house.lines.open(connection())


async def test_a_closed_line_sends_nothing_and_is_replaced(house: House) -> None:
    line = await house.lines.open(connection())
    await line.accounts()
    await house.lines.close(connection().id)
    with pytest.raises(Unreachable):
        await line.accounts()
    fresh = await house.lines.open(connection())
    assert fresh is not line
    assert await fresh.accounts()


async def test_closing_while_it_is_opened_is_no_cancellation_of_who_waits(house: House) -> None:
    house.held.clear()
    asking = asyncio.create_task(house.lines.open(connection()))
    await rest()
    await house.lines.close(connection().id)
    with pytest.raises(Unreachable):
        await asking


async def test_a_line_trades_only_while_its_connection_may(house: House, box: Sandbox) -> None:
    line = await house.lines.open(connection(permission=Permission.READ))
    with pytest.raises(NotPermitted):
        await line.place(resting(box.paper.number))
    await house.lines.open(connection(permission=Permission.TRADE))
    await line.place(resting(box.paper.number))
    await house.lines.open(connection(permission=Permission.READ))
    with pytest.raises(NotPermitted):
        await line.place(resting(box.paper.number, "bg-2"))
    assert [entry.method for entry in box.log.entries] == ["POST"]


async def test_a_trial_reads_with_other_keys_and_is_let_go(house: House, box: Sandbox) -> None:
    async with house.lines.trial(connection(), KEYS) as broker:
        assert await broker.accounts()
        with pytest.raises(NotPermitted):
            await broker.place(resting(box.paper.number))
    with pytest.raises(Unreachable):
        await broker.accounts()
    with pytest.raises(CredentialsRejected):
        async with house.lines.trial(connection(), {**KEYS, "secret": "wrong"}) as broker:
            await broker.accounts()


async def test_what_is_not_there_is_told(house: House) -> None:
    with pytest.raises(Problem, match="no broker is called 'nobody'"):
        await house.lines.open(connection(broker="nobody"))
    elsewhere = replace(connection(), environment=Environment.SANDBOX)
    with pytest.raises(Problem, match="no SANDBOX environment"):
        await house.lines.open(elsewhere)


def test_every_folder_offers_a_plugin_whose_fields_keep_secrets() -> None:
    assert "alpaca" in plugins()
    for name, plugin in plugins().items():
        assert plugin.name == name
        assert any(field.secret for field in plugin.sign_in.fields)
        assert all(plugin.endpoints[one].keys() for one in plugin.endpoints)
