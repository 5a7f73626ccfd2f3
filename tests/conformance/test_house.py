"""Every broker in a whole server: what happens there is kept here, and repair keeps every id."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

import sandbox
from app.clock import RealClock
from app.house import House, opened_house
from app.metrics import Metrics
from app.settings import Settings
from brokers import plugins
from brokers.contract import Consent, Keys, SignIn
from domain.account import mask
from domain.connection import Connection, ConnectionState, Permission, SyncStatus
from domain.ids import ConnectionId
from domain.intent import Intent, IntentState
from domain.order import Order, OrderStatus, Origin
from domain.ticket import Ticket
from store.keyring import Keyring
from tests.conformance.observing import trade
from tests.conformance.orders import crossing, market, resting, sample_of
from tests.conformance.scene import USER, Scene, opened
from tests.conformance.stage import Act, Trouble
from tests.waiting import asked_until
from trading.wanted import Draft

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Linked:
    """A house with one connection of one broker."""

    house: House
    scene: Scene
    id: ConnectionId

    async def connection(self) -> Connection:
        """As it now is."""
        found = await self.house.stores.connections.one(USER, self.id)
        assert found is not None
        return found

    async def synced(self) -> None:
        """Ask for everything now; what comes of it shows by itself."""
        connection = await self.connection()
        if connection.health.state in {ConnectionState.ACTIVE, ConnectionState.DEGRADED}:
            await self.house.services.sync.request(USER, self.id)

    async def becomes(self, ask: Callable[[], Awaitable[T]], holds: Callable[[T], object]) -> T:
        """The first answer for which it holds, with a sync asked for meanwhile."""
        await self.synced()
        return await asked_until(ask, holds)

    async def sign_in_again(self) -> None:
        """Mend it as its owner would."""
        connect, way = self.house.services.connect, self.scene.plugin.sign_in
        begun = await connect.reauthorize(USER, self.id, values=_ahead(self.scene, way))
        values = await _brought(self.scene, way, begun.sign_in.authorize_url)
        await connect.complete(USER, self.id, values)


def _has_been_read(connection: Connection) -> bool:
    freshness = connection.freshness
    return bool(freshness) and all(each.status is SyncStatus.OK for each in freshness)


def _ahead(scene: Scene, way: SignIn) -> Mapping[str, str]:
    """The application's own keys, which a consent is asked for with."""
    fields = way.fields if isinstance(way, Consent) else ()
    return {one.name: scene.credentials[one.name] for one in fields}


async def _brought(scene: Scene, way: SignIn, url: str | None) -> Mapping[str, str]:
    """The keys, or what the broker's own page shows to whoever consents."""
    return scene.credentials if isinstance(way, Keys) else await scene.stage.consent(url or "")


@asynccontextmanager
async def linked(name: str, box: sandbox.Sandbox, folder: Path) -> AsyncIterator[Linked]:
    """A server without its endpoints, whose feeds run."""
    async with opened(name, box) as scene:
        stage = scene.stage
        settings = Settings(
            data_folder=folder / "data" / "main",
            endpoints={name: {stage.environment.lower(): dict(stage.endpoints)}},
        )
        Keyring.create(settings.key_path)
        async with opened_house(settings, RealClock(), Metrics()) as house:
            way, connect = scene.plugin.sign_in, house.services.connect
            begun = await connect.begin(
                USER,
                broker=name,
                environment=stage.environment,
                label=name,
                permission=Permission.TRADE,
                persist=True,
                signed_in_at=None,
                values=_ahead(scene, way),
            )
            values = await _brought(scene, way, begun.sign_in.authorize_url)
            connection = await connect.complete(USER, begun.connection.id, values)
            yield Linked(house=house, scene=scene, id=connection.id)


@pytest.mark.parametrize("name", sorted(plugins()))
async def test_a_sign_in_that_ends_is_shown_and_mended_with_every_id_kept(
    box: sandbox.Sandbox, tmp_path: Path, name: str
) -> None:
    async with linked(name, box, tmp_path) as made:
        reads, scene = made.house.stores.reads, made.scene
        sample = sample_of(scene)
        trade(scene, sample.symbol, sample.whole)
        await made.becomes(lambda: reads.holdings(USER, first=10), lambda page: page.items)
        # An account that has been looked at shows before the next one has.
        await made.becomes(made.connection, _has_been_read)
        accounts = await reads.accounts(USER)
        orders = {one.id for one in (await reads.orders(USER, first=10)).items}
        await scene.stage.expire()
        await made.becomes(
            made.connection, lambda now: now.health.state is ConnectionState.REAUTH_REQUIRED
        )
        # Nothing that is known is shown as gone.
        assert (await reads.holdings(USER, first=10)).items
        scene.credentials = scene.stage.renewed()
        await made.sign_in_again()
        trade(scene, sample.symbol, sample.whole)
        held = await made.becomes(
            lambda: reads.holdings(USER, first=10),
            lambda page: page.items[0].holding.quantity == 2 * sample.whole,
        )
        assert {one.account_id for one in held.items} <= {one.id for one in accounts}
        assert [one.id for one in await reads.accounts(USER)] == [one.id for one in accounts]
        assert orders < {one.id for one in (await reads.orders(USER, first=10)).items}
        assert (await made.connection()).id == made.id


async def _orders(made: Linked) -> list[Order]:
    return list((await made.house.stores.reads.orders(USER, first=50)).items)


async def _place(made: Linked, wanted: Ticket, key: str = "key") -> Intent:
    known = await made.house.stores.reads.accounts(USER)
    account = next(one for one in known if one.masked_number == mask(made.scene.account))
    draft = Draft(instrument=wanted.instrument, terms=wanted.terms)
    return await made.house.services.desk.orders.place(USER, account.id, draft, key=key)


@pytest.mark.parametrize("name", sorted(plugins()))
async def test_an_order_whose_answer_was_lost_is_settled_and_not_sent_again(
    box: sandbox.Sandbox, tmp_path: Path, name: str
) -> None:
    async with linked(name, box, tmp_path) as made:
        scene = made.scene
        wanted = resting(scene, sample_of(scene))
        before = scene.stage.sent(Act.PLACE)
        await scene.stage.inflict(Trouble.LOST, Act.PLACE)
        await _place(made, wanted)
        await asked_until(
            partial(_place, made, wanted), lambda now: now.state is IntentState.PLACED
        )
        (order,) = await asked_until(partial(_orders, made), lambda found: found)
        assert order.origin is Origin.HERE
        assert scene.stage.sent(Act.PLACE) == before + 1
        assert len(scene.owner.orders) == 1


@pytest.mark.parametrize("name", sorted(plugins()))
async def test_a_loss_in_mid_fill_is_healed_and_each_execution_is_kept_once(
    box: sandbox.Sandbox, tmp_path: Path, name: str
) -> None:
    async with linked(name, box, tmp_path) as made:
        scene, sample = made.scene, sample_of(made.scene)
        box.exchange.liquidity[sample.symbol] = sample.whole / 4
        assert (await _place(made, crossing(scene, sample))).state is IntentState.PLACED
        await scene.stage.cut()
        for _ in range(4):
            box.tick()
        (order,) = await made.becomes(
            partial(_orders, made),
            lambda found: found and not found[0].unattributed_quantity and _is_filled(found[0]),
        )
        told = {one.execution_id for one in order.executions}
        assert len(told) == len(order.executions) == len(scene.owner.executions)
        events = await made.house.stores.reads.order_events(USER, order.id)
        assert [one.order.status for one in events].count(OrderStatus.FILLED) >= 1
        assert [one.order.filled_quantity for one in events] == sorted(
            one.order.filled_quantity for one in events
        )


def _is_filled(order: Order) -> bool:
    return order.status is OrderStatus.FILLED


@pytest.mark.parametrize("name", sorted(plugins()))
async def test_an_order_from_elsewhere_is_not_taken_for_ours(
    box: sandbox.Sandbox, tmp_path: Path, name: str
) -> None:
    async with linked(name, box, tmp_path) as made:
        trade(made.scene, sample_of(made.scene).symbol, sample_of(made.scene).whole)
        (order,) = await made.becomes(partial(_orders, made), lambda found: found)
        assert order.origin is Origin.ELSEWHERE


@pytest.mark.parametrize("name", sorted(plugins()))
async def test_the_audit_holds_and_no_secret_is_in_any_file(
    box: sandbox.Sandbox, tmp_path: Path, name: str
) -> None:
    async with linked(name, box, tmp_path) as made:
        stores, scene = made.house.stores, made.scene
        assert (await _place(made, market(scene, sample_of(scene)))).state is IntentState.PLACED
        await made.becomes(partial(_orders, made), lambda found: found)
        rows = (await stores.audit.verify(USER), await stores.reads.audit(USER, first=100))
        secrets = scene.stage.secrets
    assert rows[0].ok
    assert rows[1].items
    assert not [one for one in secrets if one in repr(rows[1].items)]
    kept = await asyncio.to_thread(_bytes_of, tmp_path)
    assert b"SQLite" in kept
    assert not [one for one in secrets if one.encode() in kept]


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
