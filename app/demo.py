"""The demo: sandbox brokers and the server in one process, a portfolio already linked."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

import sandbox
from app.clock import RealClock
from app.commands.users import DEMO_USER, one_time_link
from app.logs import configure_logs
from app.serving import at_port, bound, run_server
from app.settings import Endpoints, LogFormat, LogLevel, Settings
from app.stores import Stores, opened
from domain.access import Role, Scope
from domain.account import Environment
from domain.connection import Permission
from domain.errors import ErrorCode, Problem
from store.keyring import Keyring

FOLDER = Path("data/demo")
SEED = 7
TICK_SECONDS = 1.0
LINK_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Welcome:
    """What a newcomer is given."""

    url: str
    link: str
    token: str

    def show(self) -> None:
        """Print it."""
        typer.echo(
            f"\n  Brokergraph demo: everything here is play money on this machine.\n\n"
            f"  Sign in (once, within the hour)   {self.link}\n"
            f"  GraphQL for API clients           {self.url}/graphql\n"
            f"  Authorization                     Bearer {self.token}\n\n"
            f"  Ctrl-C stops it; the next run starts afresh.\n"
        )


async def run(port: int) -> None:
    """Serve the demo until interrupted; Problem if one is running already."""
    with _alone():
        settings = _settings(port)
        configure_logs(settings.log_level, settings.log_format)
        with bound(settings) as listener:
            async with sandbox.serve(seed=SEED, demo=True, tick_interval=TICK_SECONDS) as box:
                here = at_port(settings, listener).model_copy(update={"endpoints": _at(box)})
                welcome = await _prepared(here)
                await run_server(here, listener, started=welcome.show)


def _settings(port: int) -> Settings:
    """All by default but where it is kept; what is set for real accounts has no say here."""
    return Settings(
        data_folder=FOLDER,
        key_file=FOLDER.with_name("demo.key"),
        master_key=None,
        database_url=None,
        host="127.0.0.1",
        port=port,
        public_url=None,
        endpoints={},
        log_format=LogFormat.TEXT,
        log_level=LogLevel.WARNING,
    )


@contextmanager
def _alone() -> Iterator[None]:
    """One demo at a time, from an empty folder: the sandbox's world is new with every run."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with FOLDER.with_name("demo.lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                ErrorCode.CONFLICT, "The demo is running already: stop it first, by Ctrl-C there."
            ) from None
        shutil.rmtree(FOLDER, ignore_errors=True)
        yield


def _at(box: sandbox.Sandbox) -> Endpoints:
    """The sandbox in place of the brokers' own addresses."""
    alpaca = box.alpaca
    return {
        "alpaca": {
            "paper": {
                "trading": alpaca.paper.url,
                "stream": alpaca.paper.socket_url,
                "data": alpaca.market.url,
                "data_stream": alpaca.market_stream.socket_url,
            }
        }
    }


async def _prepared(settings: Settings) -> _Welcome:
    """A key, a user, a linked connection and the ways in."""
    if not settings.key_path.exists():
        Keyring.create(settings.key_path)
    clock = RealClock()
    async with opened(settings, clock) as stores:
        user = await stores.users.create(DEMO_USER, None, Role.ADMIN)
        return _Welcome(
            url=settings.public,
            link=await one_time_link(stores, DEMO_USER, settings.public, LINK_MINUTES),
            token="",
        )
