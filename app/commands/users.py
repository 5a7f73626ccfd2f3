"""`brokergraph user`: who may sign in."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from app.commands import noted, user_called, with_stores
from app.departure import delete
from app.settings import Settings
from app.stores import Stores
from domain.access import LinkUse, Role
from domain.errors import ErrorCode, Problem

# Marks a demo database, which `serve` refuses.
DEMO_USER = "demo"

app = typer.Typer(no_args_is_help=True, help="Who may sign in.")

Name = Annotated[str, typer.Argument(help="The user's name.")]
Password = Annotated[
    bool, typer.Option("--password", help="Ask for a password; else only links let the user in.")
]


@app.command()
def create(
    name: Name,
    password: Password = False,  # noqa: FBT002 (an option)
    admin: Annotated[bool, typer.Option("--admin", help="May administer.")] = False,  # noqa: FBT002
) -> None:
    """Create a user."""
    if name == DEMO_USER:
        raise Problem(ErrorCode.BAD_INPUT, f"{DEMO_USER} marks a demo database: choose another.")
    typed = _ask() if password else None
    role = Role.ADMIN if admin else Role.USER

    async def act(stores: Stores) -> None:
        user = await stores.users.create(name, typed, role)
        await noted(stores, user.id, "create user", role=role)

    with_stores(act)
    typer.echo(f"Created {name}.")


@app.command("list")
def list_() -> None:
    """List the users."""
    for user in with_stores(lambda stores: stores.users.list()):
        typer.echo(f"{user.name}\t{user.role}\t{'disabled' if user.disabled else 'enabled'}")


@app.command()
def disable(name: Name) -> None:
    """Keep a user out from now on; sockets and tokens end at once, connections stay."""

    async def act(stores: Stores) -> None:
        user = await user_called(stores, name)
        await stores.users.disable(user.id)
        await noted(stores, user.id, "disable user")

    with_stores(act)
    typer.echo(f"Disabled {name}.")


@app.command()
def enable(name: Name) -> None:
    """Let a user in again."""

    async def act(stores: Stores) -> None:
        user = await user_called(stores, name)
        await stores.users.enable(user.id)
        await noted(stores, user.id, "enable user")

    with_stores(act)
    typer.echo(f"Enabled {name}.")


@app.command("delete")
def delete_(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,  # noqa: FBT002
) -> None:
    """Erase a user and all that is kept of them; orders that are open at brokers stay there."""
    if not yes:
        typer.confirm(f"Erase everything of {name}? It cannot be taken back", abort=True)

    async def act(stores: Stores) -> None:
        user = await user_called(stores, name)
        await delete(stores, stores.connections.disconnect, user.id)

    with_stores(act)
    typer.echo(f"Deleted {name}. Consents given to this server end at the brokers by their own")
    typer.echo("pages; a signed-in admin's deleteUser gives them back by itself.")


@app.command()
def reset(
    name: Name,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long it is good.")] = 24,
) -> None:
    """Print a link by which a user chooses a password, once."""

    async def act(stores: Stores) -> str:
        lasts = timedelta(hours=hours)
        return await one_time_link(stores, name, Settings().public, lasts, LinkUse.PASSWORD)

    typer.echo(with_stores(act))


@app.command("second-factor-off")
def second_factor_off(name: Name) -> None:
    """Let in a user who has lost the authenticator app and the recovery codes."""

    async def act(stores: Stores) -> None:
        user = await user_called(stores, name)
        await stores.second_factors.remove(user.id)
        await noted(stores, user.id, "remove second factor")

    with_stores(act)
    typer.echo(f"{name} has no second factor any more, and should enrol a new one.")


@app.command()
def password(name: Name) -> None:
    """Set a user's password, asked for twice."""
    typed = _ask()

    async def act(stores: Stores) -> None:
        user = await user_called(stores, name)
        await stores.users.set_password(user.id, typed)
        await noted(stores, user.id, "set password")

    with_stores(act)
    typer.echo(f"Changed the password of {name}.")


@app.command()
def link(
    name: Name,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long it is good.")] = 15,
) -> None:
    """Print a link that signs a browser in once."""
    lasts = timedelta(minutes=minutes)
    typer.echo(with_stores(lambda stores: one_time_link(stores, name, Settings().public, lasts)))


async def one_time_link(
    stores: Stores,
    name: str,
    public: str,
    lasts: timedelta,
    use: LinkUse = LinkUse.SIGN_IN,
) -> str:
    """The link; its secret follows the # and so reaches no log."""
    user = await user_called(stores, name)
    secret = await stores.links.issue(user.id, stores.writer.clock.now() + lasts, use)
    await noted(stores, user.id, "issue link", use=use)
    page = "link" if use is LinkUse.SIGN_IN else "password"
    return f"{public}/{page}#{secret}"


def _ask() -> str:
    """Typed twice at a terminal, or one line of whatever is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
