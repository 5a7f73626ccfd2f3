"""Linking E*TRADE through the server: late, twice, by somebody else, with a wrong code."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import sandbox
from app.house import House, opened_house
from app.metrics import Metrics
from app.settings import Settings
from domain.account import Environment
from domain.connection import Connection, ConnectionState, Permission
from domain.errors import BrokerError, CredentialsRejected, ErrorCode, Problem
from domain.ids import UserId
from sandbox import Sandbox
from store.keyring import Keyring
from tests.clock import FakeClock
from trading.connect import Begun

ADA, EVE = UserId("ada"), UserId("eve")
CONFIG = f"""[DEFAULT]
CONSUMER_KEY = {sandbox.CONSUMER_KEY}
CONSUMER_SECRET = {sandbox.CONSUMER_SECRET}
SANDBOX_BASE_URL = {{url}}
"""


@asynccontextmanager
async def served(folder: Path, clock: FakeClock) -> AsyncIterator[tuple[Sandbox, House]]:
    """A server that was set up by the config.ini of the system before, on the sandbox's time."""
    async with sandbox.serve(seed=1, clock=clock.now, rate_limit=1_000_000) as box:
        url = box.etrade.host.url
        (folder / "config.ini").write_text(CONFIG.format(url=url), encoding="utf-8")
        hosts = {"etrade": {"sandbox": {"oauth": url, "authorize": url}}}
        settings = Settings(data_folder=folder / "data" / "main", endpoints=hosts)
        Keyring.create(settings.key_path)
        async with opened_house(settings, clock, Metrics()) as house:
            yield box, house


@pytest.fixture
async def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Sandbox, House, FakeClock]]:
    monkeypatch.chdir(tmp_path)
    clock = FakeClock()
    async with served(tmp_path, clock) as (box, house):
        yield box, house, clock


async def begin(house: House, user: UserId = ADA) -> Begun:
    """With nothing to type in, as the settings hold the app's keys."""
    return await house.services.connect.begin(
        user,
        broker="etrade",
        environment=Environment.SANDBOX,
        label="",
        permission=Permission.READ,
        persist=True,
        signed_in_at=None,
    )


def accepted(box: Sandbox) -> str:
    """The newest asking, let in by a person."""
    return box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, list(box.etrade.tokens.asked)[-1])


async def complete(house: House, begun: Begun, code: str, user: UserId = ADA) -> Connection:
    return await house.services.connect.complete(
        user, begun.connection.id, {"oauth_verifier": code}
    )


World = tuple[Sandbox, House, FakeClock]


async def test_config_ini_is_enough_to_be_asked_for_nothing_but_the_code(world: World) -> None:
    box, house, clock = world
    begun = await begin(house)
    assert begun.sign_in.fields == ()
    assert begun.sign_in.authorize_url is not None
    connection = await complete(house, begun, accepted(box))
    assert connection.health.state is ConnectionState.ACTIVE
    assert connection.expires_at is not None
    assert timedelta(hours=12) < connection.expires_at - clock.now() < timedelta(hours=14)
    assert len(await house.stores.reads.accounts(ADA)) == 2


async def test_a_wrong_code_keeps_nothing_and_the_right_one_may_follow(world: World) -> None:
    box, house, _ = world
    begun = await begin(house)
    accepted(box)
    with pytest.raises((CredentialsRejected, Problem)):
        await complete(house, begun, "WRONG")
    assert await house.stores.reads.accounts(ADA) == ()
    again = await house.services.connect.reauthorize(ADA, begun.connection.id)
    assert again.connection.id == begun.connection.id
    connection = await complete(house, again, accepted(box))
    assert connection.health.state is ConnectionState.ACTIVE


async def test_a_code_that_comes_late_is_rejected_and_a_new_asking_mends_it(world: World) -> None:
    box, house, clock = world
    begun = await begin(house)
    code = accepted(box)
    await clock.advance(5 * 60 + 1)
    with pytest.raises((BrokerError, Problem)):
        await complete(house, begun, code)
    again = await house.services.connect.reauthorize(ADA, begun.connection.id)
    assert (await complete(house, again, accepted(box))).id == begun.connection.id


async def test_a_code_is_good_for_one_completion(world: World) -> None:
    box, house, _ = world
    begun = await begin(house)
    code = accepted(box)
    connection = await complete(house, begun, code)
    with pytest.raises((BrokerError, Problem)):
        await complete(house, begun, code)
    kept = await house.stores.reads.connection(ADA, connection.id)
    assert kept is not None
    assert len(box.etrade.tokens.access) == 1


async def test_nobody_completes_what_another_began(world: World) -> None:
    box, house, _ = world
    begun = await begin(house)
    code = accepted(box)
    with pytest.raises(Problem) as told:
        await complete(house, begun, code, EVE)
    assert told.value.code is ErrorCode.NOT_FOUND
    hers = await begin(house, EVE)
    with pytest.raises((BrokerError, Problem)):
        await complete(house, hers, code, EVE)
    assert await house.stores.reads.accounts(EVE) == ()
    assert (await complete(house, begun, code)).health.state is ConnectionState.ACTIVE
