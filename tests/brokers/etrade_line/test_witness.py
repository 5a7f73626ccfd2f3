"""E*TRADE's witness beside our own reading of the same accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

import sandbox
from app.clock import RealClock
from app.commands.witness import Witnessing
from app.settings import Settings
from app.stores import opened
from app.witness import python_of, script_of
from domain.access import Role
from domain.account import Environment
from domain.connection import Connection, Permission
from domain.witness import PRICE, Difference, Sighting, Subject
from sandbox import Sandbox
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.app.process import with_key
from trading.witness import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A connection to the demo's accounts, in a store of its own."""

    box: Sandbox
    witnessing: Witnessing
    connection: Connection

    async def kept(self) -> Kept:
        """Our side."""
        return await self.witnessing.kept(self.connection)

    async def seen(self) -> tuple[Sighting, ...]:
        """The client's."""
        python = await python_of("etrade")
        return await self.witnessing.seen(self.connection, python, script_of("etrade"))

    async def told(self, kept: Kept, seen: tuple[Sighting, ...]) -> tuple[Difference, ...]:
        """What is made of both."""
        return (await self.witnessing.verdict(self.connection, kept, seen)).differences


@asynccontextmanager
async def scened(folder: Path) -> AsyncIterator[Scene]:
    async with sandbox.serve(seed=7, demo=True, rate_limit=100_000) as box:
        url = box.etrade.host.url
        endpoints = {"etrade": {"sandbox": {"api": url, "oauth": url, "authorize": url}}}
        settings = Settings(
            data_folder=folder / "data" / "main", key_file=with_key(folder), endpoints=endpoints
        )
        async with opened(settings, RealClock()) as stores:
            user = await stores.users.create("ann", None, Role.USER)
            connection = await stores.connections.create(
                user.id,
                broker="etrade",
                environment=Environment.SANDBOX,
                label="E*TRADE",
                permission=Permission.READ,
                credentials=box.etrade.token(),
            )
            witnessing = Witnessing(stores, settings, script=None, longest=60.0)
            yield Scene(box=box, witnessing=witnessing, connection=connection)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scened(tmp_path) as made:
        yield made


def place(scene: Scene, **terms: object) -> None:
    """By another way."""
    fields = {"symbol": "MSFT", "side": Side.BUY, "quantity": Decimal(1)} | terms
    asked = Ticket(time_in_force=TimeInForce.GOOD_TILL_CANCEL, **fields)  # type: ignore[arg-type]  # by name
    scene.box.exchange.submit(scene.box.etrade.margin, asked)
    scene.box.exchange.work()


async def test_the_client_sees_what_we_see(scene: Scene) -> None:
    place(scene, type=OrdType.TRAILING_STOP, trail_percent=Decimal(5))
    place(scene, type=OrdType.STOP_LIMIT, stop_price=Decimal(700), limit_price=Decimal(710))
    scene.box.exchange.liquidity["MSFT"] = Decimal(1)
    place(scene, type=OrdType.LIMIT, quantity=Decimal(3), limit_price=Decimal(900))
    kept, seen = await scene.kept(), await scene.seen()
    assert await scene.told(kept, seen) == ()
    subjects = [one.subject for one in seen]
    assert subjects.count(Subject.ACCOUNT) == 2
    assert subjects.count(Subject.POSITION) >= 4
    assert subjects.count(Subject.ORDER) >= 6
    assert {Decimal(2)} == {
        one.said["leaves_quantity"] for one in seen if one.said.get("limit_price") == 900
    }


async def test_more_positions_than_a_page_has_are_all_seen(scene: Scene) -> None:
    scene.box.etrade.portfolio.page = 2
    assert await scene.told(await scene.kept(), await scene.seen()) == ()


async def test_what_is_hidden_altered_or_added_is_told(scene: Scene) -> None:
    kept = await scene.kept()
    place(scene, type=OrdType.LIMIT, limit_price=Decimal(100))
    seen = await scene.seen()
    (added,) = await scene.told(kept, seen)
    assert (added.subject, added.here, added.later) == (Subject.ORDER, False, True)
    first = next(one for one in seen if one.subject is Subject.POSITION)
    dearer = replace(first, said={**first.said, PRICE: Decimal(1)})
    hidden = tuple(one for one in seen if one is not first)
    told = await scene.told(await scene.kept(), (*hidden, dearer))
    assert [one.field for one in told] == [PRICE]
    told = await scene.told(await scene.kept(), hidden)
    assert [(one.subject, one.here) for one in told] == [(Subject.POSITION, True)]
