"""Whether credentials are any good: what a private read with them reaches, and what is noted."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from brokers.contract import Plugin
from brokers.lines import Lines
from domain.account import AccountReport
from domain.connection import Connection, ConnectionState, Fault
from domain.errors import BrokerError, CredentialsRejected, ErrorCode, Problem
from store.connections import Connections

_REPAIRABLE = frozenset({ConnectionState.PENDING, ConnectionState.REAUTH_REQUIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The accounts that credentials reach, and when they end by themselves."""

    reports: tuple[AccountReport, ...]
    expires_at: datetime | None


async def prove(
    lines: Lines, plugin: Plugin, connection: Connection, credentials: Mapping[str, str]
) -> Proven:
    """What they reach; CredentialsRejected, by its code, if only another environment knows them."""
    try:
        return await _reached(lines, connection, credentials)
    except CredentialsRejected as rejected:
        error = rejected
    for environment in plugin.endpoints:
        if environment is not connection.environment:
            with suppress(BrokerError):
                await _reached(lines, replace(connection, environment=environment), credentials)
                message = f"these are of a {environment} account: connect it as that"
                error = CredentialsRejected(message, code=ErrorCode.ENVIRONMENT_MISMATCH)
    raise error


async def note(
    connections: Connections,
    connection: Connection,
    error: BrokerError | Problem,
    at: datetime,
) -> None:
    """Why it is not signed in; one that works has no fault because somebody tried in vain."""
    if connection.health.state in _REPAIRABLE:
        fault = Fault(code=error.code, message=error.message, at=at)
        health = replace(connection.health, fault=fault)
        await connections.set_health(connection.user_id, connection.id, health)


async def _reached(lines: Lines, connection: Connection, credentials: Mapping[str, str]) -> Proven:
    async with lines.trial(connection, credentials) as broker:
        reports = tuple(await broker.accounts())
        return Proven(reports=reports, expires_at=broker.expires_at)
