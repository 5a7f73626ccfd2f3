"""The demo: sandbox brokers and the server in one process, a portfolio already linked."""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import typer
from pydantic import SecretStr

import sandbox
from app import serving
from app.commands.users import DEMO_USER, one_time_link
from app.house import House
from app.logs import configure_logs
from app.serving import at_port, bound
from app.settings import Endpoints, LogFormat, LogLevel, Settings
from domain.access import Role, Scope
from domain.account import Environment
from domain.connection import Permission
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from sandbox.doors import Door, doors
from store.keyring import Keyring

FOLDER = Path("data/demo")
SEED = 7
TICK_SECONDS = 1.0

_APP = {
    "client_id": SecretStr(sandbox.CLIENT_ID),
    "client_secret": SecretStr(sandbox.CLIENT_SECRET),
}
LINK_LASTS = timedelta(hours=1)


class _Demo:
    """What is made for a newcomer, and told once the server answers."""

    def __init__(self, settings: Settings, doors: Sequence[Door]) -> None:
        self._settings, self._doors, self._ways_in = settings, doors, ("", "")

    async def prepare(self, house: House) -> None:
        """A user, a connection of every broker linked over its adapter, and the ways in."""
        stores = house.stores
        user = await stores.users.create(DEMO_USER, None, Role.USER)
        for door in self._doors:
            await _link(house, user.id, door)
        link = await one_time_link(stores, DEMO_USER, self._settings.public, LINK_LASTS)
        _, token = await stores.tokens.issue(
            user.id,
            name="demo",
            scopes=frozenset(Scope),
            expires_at=stores.writer.clock.now() + timedelta(days=1),
        )
        self._ways_in = link, token

    def greet(self) -> None:
        """Print them."""
        link, token = self._ways_in
        typer.echo(
            f"\n  Brokergraph demo: play money, all on this machine.\n\n"
            f"  Sign in (once, within the hour)  {link}\n"
            f"  GraphQL for API clients          {self._settings.public}/graphql\n"
            f"  Authorization                    Bearer {token}\n\n"
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
                demo = _Demo(here, doors(box))
                await serving.run(here, listener, prepare=demo.prepare, started=demo.greet)


def _settings(port: int) -> Settings:
    """All by default but where it is kept; what is set for real accounts has no say here."""
    settings = Settings(
        data_folder=FOLDER,
        key_file=FOLDER.with_name("demo.key"),
        master_key=None,
        database_url=None,
        bus_url=SecretStr("memory://"),
        host="127.0.0.1",
        port=port,
        public_url=None,
        endpoints={},
        # Whoever tries Alpaca's consent there is asked for nothing.
        apps={"alpaca": _APP},
        log_format=LogFormat.TEXT,
        log_level=LogLevel.WARNING,
    )
    if not settings.key_path.exists():
        Keyring.create(settings.key_path)
    return settings


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
    return {one.broker: {one.environment.lower(): dict(one.endpoints)} for one in doors(box)}


async def _link(house: House, user: UserId, door: Door) -> None:
    """As a person would: keys are typed in, a consent is given on the broker's page."""
    connect, plugin = house.services.connect, house.services.plugins[door.broker]
    begun = await connect.begin(
        user,
        broker=door.broker,
        environment=Environment(door.environment),
        label=f"{plugin.title} demo",
        permission=Permission.TRADE,
        persist=True,
        signed_in_at=None,
        values=door.typed if door.consent else None,
    )
    page = begun.sign_in.authorize_url
    values = door.consent(page) if door.consent and page else door.typed
    await connect.complete(user, begun.connection.id, values)
