"""How well a connection is, judged from what last happened to its reads and its stream."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from domain.connection import ConnectionState, Fault, Health, Permission, Reach
from domain.errors import BrokerError, CredentialsRejected, ErrorCode, Unreachable


class SignInAwaited(CredentialsRejected):
    """No credentials are kept for the connection: it was never signed in, or not since we began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptoms:
    """What goes wrong since it last went well: the first of its kind; None is well."""

    reading: Exception | None = None
    stream: Exception | None = None

    def read(self, error: Exception | None) -> Self:
        """How the last look went."""
        return replace(self, reading=_first_of_kind(self.reading, error))

    def heard(self, error: Exception | None) -> Self:
        """How the stream does."""
        return replace(self, stream=_first_of_kind(self.stream, error))


def judged(previous: Health, symptoms: Symptoms, permission: Permission, at: datetime) -> Health:
    """The health that follows; equal to the previous one if nothing visible changed."""
    if previous.state is ConnectionState.PENDING and isinstance(symptoms.reading, SignInAwaited):
        return previous
    state, reach = _state(symptoms), _reach(symptoms.reading, permission)
    same = (state, reach) == (previous.state, previous.reach)
    return Health(
        state=state,
        reach=reach,
        since=previous.since if same else at,
        fault=_fault(previous.fault, symptoms.reading or symptoms.stream, at),
    )


def code_of(error: Exception) -> ErrorCode:
    """The code that clients are given for it."""
    return error.code if isinstance(error, BrokerError) else ErrorCode.INTERNAL


def message_of(error: Exception) -> str:
    """Words that are safe to show: a broker's own, which its adapter has cleaned, or ours."""
    return error.message if isinstance(error, BrokerError) else "Something failed on our side"


def _state(symptoms: Symptoms) -> ConnectionState:
    if isinstance(symptoms.reading, CredentialsRejected):
        return ConnectionState.REAUTH_REQUIRED
    if symptoms.reading or symptoms.stream:
        return ConnectionState.DEGRADED
    return ConnectionState.ACTIVE


def _reach(reading: Exception | None, permission: Permission) -> Reach:
    if isinstance(reading, Unreachable):
        return Reach.DOWN
    if reading:
        return Reach.CONNECTED
    return Reach.WRITABLE if permission is Permission.TRADE else Reach.READABLE


def _fault(previous: Fault | None, error: Exception | None, at: datetime) -> Fault | None:
    """Dated when it began."""
    if error is None:
        return None
    code, message = code_of(error), message_of(error)
    if previous and (previous.code, previous.message) == (code, message):
        return previous
    return Fault(code=code, message=message, at=at)


def _first_of_kind(known: Exception | None, error: Exception | None) -> Exception | None:
    """The same kind again is not news, however it is worded."""
    if known and error and (type(known), code_of(known)) == (type(error), code_of(error)):
        return known
    return error
