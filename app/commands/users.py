"""`brokergraph user`: who may sign in."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from app.commands import noted, user_called, with_stores
from app.settings import Settings
from app.stores import Stores
from domain.access import Role
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
    typer.echo(with_stores(lambda stores: one_time_link(stores, name, Settings().public, minutes)))


async def one_time_link(stores: Stores, name: str, public: str, minutes: int) -> str:
    """The link; its secret follows the # and so reaches no log."""
    user = await user_called(stores, name)
    expires_at = stores.writer.clock.now() + timedelta(minutes=minutes)
    secret = await stores.links.issue(user.id, expires_at)
    await noted(stores, user.id, "issue link")
    return f"{public}/link#{secret}"


def _ask() -> str:
    """Typed twice at a terminal, or one line of whatever is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
