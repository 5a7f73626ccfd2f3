"""`brokergraph keys`: the master keys that seal credentials."""

import typer

from app.commands import with_stores
from app.settings import PREFIX, Settings
from domain.errors import ErrorCode, Problem
from store.keyring import Keyring

app = typer.Typer(no_args_is_help=True, help="The master keys that seal credentials.")


@app.command()
def init() -> None:
    """Write a new master key where the settings say; never over an old one."""
    path = Settings().key_path
    if path.exists():
        raise Problem(ErrorCode.CONFLICT, f"{path} is there already: it stays as it is.")
    Keyring.create(path)
    typer.echo(f"Wrote {path}. Copy it to a safe place apart from the data: without it no")
    typer.echo("credential can be opened again.")


@app.command()
def rotate() -> None:
    """Put a new key first in the key file and seal everything anew under it."""
    settings = Settings()
    if settings.master_key is not None:
        raise Problem(
            ErrorCode.CONFLICT,
            f"The keys are in {PREFIX}MASTER_KEY: put a new one before the old there, "
            "restart, then run this again.",
        )
    Keyring.add(settings.key_path)
    count = with_stores(lambda stores: stores.vault.rotate())
    typer.echo(f"Sealed {count} anew. Restart servers that run with the old key file.")
