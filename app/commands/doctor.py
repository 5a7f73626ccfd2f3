"""`brokergraph doctor`: what is wrong here, and what to do about it."""

import asyncio
from typing import Annotated

import typer

from app.clock import RealClock
from app.doctor import Finding, Verdict, findings
from app.settings import Settings


def doctor(
    *,
    clock: Annotated[bool, typer.Option("--clock", help="Compare it with the brokers'.")] = False,
) -> None:
    """Look at keys, disk, database and brokers; the exit status is 1 if anything is wrong."""

    async def run() -> list[Finding]:
        return [each async for each in findings(Settings(), RealClock(), ask_time=clock)]

    found = asyncio.run(run())
    for each in found:
        typer.echo(f"{each.verdict}\t{each.what}\t{each.told}")
    if any(each.verdict is Verdict.WRONG for each in found):
        raise typer.Exit(1)
