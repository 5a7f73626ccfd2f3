"""Asking a person to consent on a broker's page, and taking what they come back with, once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from brokers.contract import Asked, Consent, Credentials
from brokers.lines import Lines
from brokers.wire import said
from domain.connection import Connection
from domain.errors import ErrorCode, Problem
from store.consents import Awaited, Consents, digest
from trading.sign_ins import plain

_AGAIN = "begin to sign in again"
_DENIED = "access_denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consenting:
    """`callback` is the one address to which brokers' pages send people back."""

    consents: Consents
    lines: Lines
    callback: str

    async def ask(
        self,
        connection: Connection,
        way: Consent,
        fields: Mapping[str, str],
        session: str | None,
    ) -> Asked:
        """Have the broker's page ready, and wait for who comes back from it."""
        opening = self.lines.opening(connection, fields)
        asked = await way.ask(opening, self.callback, secrets.token_urlsafe(32))
        awaited = Awaited(
            user_id=connection.user_id,
            connection_id=connection.id,
            way=way.name,
            state=digest(asked.state),
            session=session,
            expires_at=asked.expires_at,
            kept={**fields, **asked.kept},
        )
        await self.consents.expect(awaited, persist=connection.persisted)
        return asked

    async def redeem(
        self,
        connection: Connection,
        way: Consent,
        values: Mapping[str, str],
        session: str | None,
    ) -> Credentials:
        """The credentials for what came back; Problem if that is not the answer we wait for."""
        copied = way.verifier is not None and set(values) == {way.verifier.name}
        awaited = await (self._copied if copied else self._returned)(
            connection, way, values, session
        )
        opening = self.lines.opening(connection, awaited.kept)
        credentials = await way.redeem(opening, values)
        if copied:
            # Mistyped, it may be tried again; redeemed, it may not.
            await self.consents.answer(connection.user_id, connection.id)
        return credentials

    async def _copied(
        self, connection: Connection, way: Consent, values: Mapping[str, str], _: str | None
    ) -> Awaited:
        for name, text in values.items():
            plain(name, text)
        return await self._open(connection, way)

    async def _returned(
        self,
        connection: Connection,
        way: Consent,
        values: Mapping[str, str],
        session: str | None,
    ) -> Awaited:
        """Checked before anything is used up, so that a wrong answer does not spoil the right."""
        awaited = await self.consents.of(connection.user_id, connection.id)
        state = plain(way.state, values.get(way.state, ""))
        if awaited is not None and not secrets.compare_digest(awaited.state, digest(state)):
            message = f"this answer belongs to no sign-in that is under way; {_AGAIN}"
            raise Problem(ErrorCode.BAD_INPUT, message, field="values")
        if awaited is not None and awaited.session not in {None, session}:
            message = f"this was begun in another browser, or before signing in anew; {_AGAIN}"
            raise Problem(ErrorCode.FORBIDDEN, message)
        whole = await self.consents.answer(connection.user_id, connection.id)
        _check_given(way, values)
        return whole

    async def _open(self, connection: Connection, way: Consent) -> Awaited:
        awaited = await self.consents.open(connection.user_id, connection.id)
        if awaited.way != way.name:
            raise Problem(ErrorCode.BAD_INPUT, f"another way was begun; {_AGAIN}", field="values")
        return awaited


def _check_given(way: Consent, values: Mapping[str, str]) -> None:
    if "error" in values:
        told = said(values.get("error_description") or values["error"])
        message = "you did not consent" if values["error"] == _DENIED else f"it refused: {told}"
        raise Problem(ErrorCode.CONSENT_REFUSED, f"on the broker's page {message}; {_AGAIN}")
    for name in way.returns:
        plain(name, values.get(name, ""))
