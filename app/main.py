"""The application: settings in, ASGI out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from app.clock import RealClock
from app.health import Health
from app.house import House, opened_house
from app.metrics import Metrics
from app.settings import Settings
from app.sign_in import Door, home
from app.traffic import Traffic
from domain.clock import Clock
from domain.ids import UserId

NOBODY = UserId("nobody")
BODY_BYTES = 256 * 1024


def create_app(settings: Settings, *, clock: Clock | None = None) -> Starlette:
    """The whole server as one application; nothing is opened before its lifespan."""
    metrics, time = Metrics(), clock or RealClock()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened_house(settings, time, metrics) as house:
            app.state.house = house
            app.router.routes[:] = _routes(settings, house, metrics, time)
            yield

    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(Traffic, metrics=metrics)],
        max_body_size=BODY_BYTES,
    )


def _routes(settings: Settings, house: House, metrics: Metrics, clock: Clock) -> list[BaseRoute]:
    return [
        *_graph(settings, house),
        *_door(settings, house, clock).routes(),
        *_health(settings, house, metrics).routes(),
        home(house.access, "/graphql"),
    ]


def _health(settings: Settings, house: House, metrics: Metrics) -> Health:
    stores, token = house.stores, settings.metrics_token

    async def database() -> bool:
        return await stores.journal.heads([NOBODY]) is not None

    async def writer() -> bool:
        return stores.writer.is_open

    async def feeds() -> bool:
        return house.feeds.well

    return Health(
        checks={"database": database, "writer": writer, "feeds": feeds},
        metrics=metrics,
        metrics_token=None if token is None else token.get_secret_value(),
    )


def _door(settings: Settings, house: House, clock: Clock) -> Door:
    stores = house.stores
    return Door(
        users=stores.users,
        sign_ins=stores.sign_ins,
        links=stores.links,
        clock=clock,
        cookie=settings.cookie,
        secure=settings.https,
        origins=settings.origins,
        session_length=settings.session_length,
    )
