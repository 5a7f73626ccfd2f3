"""Running the server: bind, compose, serve, drain; and what is not fit to be served."""

import logging
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.applications import Starlette

from app.clock import RealClock
from app.commands.users import DEMO_USER
from app.drain import DrainingServer
from app.house import House
from app.lasting import settle
from app.logs import configure_logs
from app.main import create_app
from app.protocol import SafeWebSockets
from app.settings import PREFIX, Settings
from app.stores import opened
from app.unfit import unfit
from domain.errors import ErrorCode, Problem

FRAME_BYTES = 64 * 1024
PING_SECONDS = 20.0
GRACE_SECONDS = 10

log = logging.getLogger(__name__)


async def serve(settings: Settings) -> None:
    """Serve real accounts; Problem, saying what to do, if anything is unfit for that."""
    for reason in unfit(settings):
        raise Problem(ErrorCode.BAD_INPUT, reason)
    async with opened(settings, RealClock()) as stores:
        if await stores.users.by_name(DEMO_USER):
            raise Problem(
                ErrorCode.CONFLICT,
                f"This is a demo database: set {PREFIX}DATA_FOLDER or {PREFIX}DATABASE_URL to "
                "another, or run `brokergraph demo`.",
            )
    configure_logs(settings.log_level, settings.log_format)
    with bound(settings) as listener:
        await run(at_port(settings, listener), listener)


async def run(
    settings: Settings,
    listener: socket.socket,
    *,
    prepare: Callable[[House], Awaitable[None]] | None = None,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve on a bound socket until a signal.

    `prepare` is awaited before the first request, `started` called when requests are answered.
    """
    app = create_app(settings)
    # Opened here rather than by uvicorn, so that what is wrong is raised to whoever asked.
    async with app.router.lifespan_context(app):
        if prepare is not None:
            await prepare(app.state.house)
        settle()

        def answering() -> None:
            log.info("serving", extra={"url": settings.public, "port": settings.port})
            started()

        over = settings.drain_over.total_seconds()
        server = DrainingServer(_configured(app, settings), over=over, started=answering)
        await server.serve(sockets=[listener])


def _configured(app: Starlette, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws=SafeWebSockets,
        ws_max_size=FRAME_BYTES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def bound(settings: Settings) -> socket.socket:
    """A socket at the host and port of the settings; Problem if it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise Problem(
            ErrorCode.CONFLICT,
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            f"Choose another by {PREFIX}HOST and {PREFIX}PORT (or --port with demo).",
        ) from None
    # Inherited by what it accepts; asyncio forgets it where a socket does not name its protocol,
    # and then a small write waits up to 40 ms for the acknowledgement of the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def at_port(settings: Settings, listener: socket.socket) -> Settings:
    """The settings with the port that was taken."""
    return settings.model_copy(update={"port": listener.getsockname()[1]})
