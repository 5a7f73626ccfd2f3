"""The application: settings in, ASGI out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.clock import RealClock
from app.health import Health
from app.house import opened_house
from app.metrics import Metrics
from app.settings import Settings
from app.sign_in import Door, home
from app.traffic import Traffic
from domain.clock import Clock

BODY_BYTES = 256 * 1024


def create_app(settings: Settings, *, clock: Clock | None = None) -> Starlette:
    """The whole server as one application; nothing is opened before its lifespan."""
    metrics, time = Metrics(), clock or RealClock()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened_house(settings, time, metrics) as house:
            app.state.house = house
            app.router.routes[:] = routes(settings, house, metrics)
            yield

    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(Traffic, metrics=metrics)],
        max_body_size=BODY_BYTES,
    )
