"""`brokergraph token`: personal access tokens for API clients."""

from datetime import timedelta
from typing import Annotated

import typer

from app.commands import noted, user_called, with_stores
from app.stores import Stores
from domain.access import Scope, Token
from domain.ids import AccountId

app = typer.Typer(no_args_is_help=True, help="Personal access tokens for API clients.")

Name = Annotated[str, typer.Argument(help="The user's name.")]


@app.command()
def issue(
    name: Name,
    label: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; READ if none.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 90,
    account: Annotated[
        list[str] | None, typer.Option(help="An account that it may see, by its id; all if none.")
    ] = None,
    unlimited_rate: Annotated[  # noqa: FBT002 (an option)
        bool, typer.Option("--unlimited-rate", help="May ask live views for every update.")
    ] = False,
) -> None:
    """Print a new token, which is shown only now."""
    scopes = frozenset(scope or [Scope.READ])
    accounts = _accounts(account) if account else None

    async def act(stores: Stores) -> tuple[Token, str]:
        user = await user_called(stores, name)
        expires_at = stores.writer.clock.now() + timedelta(days=days)
        issued = await stores.tokens.issue(
            user.id,
            name=label,
            scopes=scopes,
            expires_at=expires_at,
            accounts=accounts,
            unlimited_rate=unlimited_rate,
        )
        await noted(stores, user.id, "issue token", token=issued[0].id, scopes=_words(scopes))
        return issued

    token, secret = with_stores(act)
    typer.echo(f"Token {token.id}, good for {days} days; keep it, it is not shown again:", err=True)
    typer.echo(secret)


@app.command("list")
def list_(name: Name) -> None:
    """List a user's tokens."""

    async def act(stores: Stores) -> tuple[Token, ...]:
        return tuple(await stores.tokens.list((await user_called(stores, name)).id))

    for token in with_stores(act):
        until = token.expires_at.date().isoformat() if token.expires_at else "for ever"
        typer.echo(f"{token.id}\t{token.name}\t{_words(token.scopes)}\t{until}")


@app.command()
def revoke(
    name: Name, token: Annotated[str, typer.Argument(help="The token's id, from the list.")]
) -> None:
    """End a token; sockets that came in by it are closed within a second."""

    async def act(stores: Stores) -> None:
        user = await user_called(stores, name)
        await stores.tokens.revoke(user.id, token)
        await noted(stores, user.id, "revoke token", token=token)

    with_stores(act)
    typer.echo("Revoked.")


def _accounts(shown: list[str]) -> list[AccountId]:
    """The accounts by the ids that the API shows; one that is malformed names none."""
    from graph.node import key_of

    return [AccountId(key_of("Account", each)) for each in shown]


def _words(scopes: frozenset[Scope]) -> str:
    return ",".join(sorted(scopes))
