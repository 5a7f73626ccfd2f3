"""The application: settings in, ASGI out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from app.callback import Callback
from app.clock import RealClock
from app.health import Health
from app.house import House, opened_house
from app.metrics import Metrics
from app.openid import OpenId
from app.provider import Provider
from app.sessions import Sessions
from app.settings import Settings
from app.sign_in import Door, home
from app.throttle import Attempts
from app.traffic import Traffic
from domain.clock import Clock
from domain.ids import UserId
from graph.routes import Endpoint, endpoint

NOBODY = UserId("nobody")
BODY_BYTES = 256 * 1024


def create_app(settings: Settings, *, clock: Clock | None = None) -> Starlette:
    """The whole server as one application; nothing is opened before its lifespan."""
    metrics, time = Metrics(), clock or RealClock()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(opened_house(settings, time, metrics))
            app.state.house = house
            graphql = _graphql(settings, house)
            stack.push_async_callback(graphql.sockets.aclose)
            _gauges(house, graphql, metrics)
            app.router.routes[:] = [
                *graphql.routes,
                *_doors(settings, house, time),
                *Callback(house.access, house.returning).routes(),
                *_health(settings, house, metrics).routes(),
                home(house.access, "/graphql"),
            ]
            yield

    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(Traffic, metrics=metrics)],
        max_body_size=BODY_BYTES,
    )


def _graphql(settings: Settings, house: House) -> Endpoint:
    return endpoint(
        house.services,
        house.access,
        origins=settings.origins,
        explorer=settings.explorer,
        projection=settings.projection,
        sockets_per_user=settings.sockets_per_user,
    )


def _gauges(house: House, graphql: Endpoint, metrics: Metrics) -> None:
    hub, feeds, sockets = house.hub, house.feeds, graphql.sockets
    metrics.gauge("sockets", "Open GraphQL sockets.", lambda: sockets.open)
    metrics.gauge("operations", "Operations on them.", lambda: sockets.running)
    metrics.gauge("listeners", "Watches on users.", lambda: hub.listeners)
    metrics.gauge("tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
    metrics.gauges("feeds", "Feeds by state of connection.", "state", lambda: feeds.states)


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


def _doors(settings: Settings, house: House, clock: Clock) -> list[BaseRoute]:
    stores, attempts = house.stores, Attempts(clock)
    sessions = Sessions(
        stores.sign_ins,
        stores.audit,
        clock,
        cookie=settings.cookie,
        secure=settings.https,
        length=settings.session_length,
    )
    door = Door(
        users=stores.users,
        links=stores.links,
        second_factors=stores.second_factors,
        sessions=sessions,
        attempts=attempts,
        origins=settings.origins,
    )
    provider = Provider(
        openid=_openid(settings, clock),
        users=stores.users,
        identities=stores.identities,
        sessions=sessions,
        access=house.access,
        attempts=attempts,
        clock=clock,
        secret=stores.sign_in_secret,
        origins=settings.origins,
        create_users=settings.oidc_create_users,
    )
    return [*door.routes(), *provider.routes()]


def _openid(settings: Settings, clock: Clock) -> OpenId | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return OpenId(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=None if secret is None else secret.get_secret_value(),
        back=settings.provider_return,
        clock=clock,
    )
