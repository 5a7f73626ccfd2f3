"""How failure is told: user errors in payloads, codes in extensions, the unexpected masked."""

import logging
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

import strawberry
from graphql import GraphQLError

from domain.errors import BrokerError, ErrorCode, Problem

logger = logging.getLogger(__name__)

T = TypeVar("T")

USER_ERRORS = "Why it was not done; empty if it was."


# graphql-core 3.3.2 repeats what does not fit, and that may be a secret.
_ECHOES = (
    (re.compile(r",? found: .*", re.DOTALL | re.IGNORECASE), "."),
    (re.compile(r"(cannot represent [^:]*): .*", re.DOTALL), r"\1."),
    (re.compile(r"Value '.*' does not exist", re.DOTALL), "That value does not exist"),
)


@strawberry.type(description="Why a mutation did not do what was asked, in words for the user.")
class UserError:
    """Data, not an exception: clients show it beside the field."""

    code: ErrorCode = strawberry.field(description="What kind of failure it is.")
    field: str | None = strawberry.field(description="The input field that it is about, if one.")
    message: str = strawberry.field(description="What went wrong and what can be done.")


async def outcome(work: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """What the work made, or why not; anything that is not meant for the user still raises."""
    try:
        return await work, []
    except Problem as problem:
        return None, [UserError(code=problem.code, field=problem.field, message=problem.message)]
    except BrokerError as error:
        return None, [UserError(code=error.code, field=None, message=error.message)]


def shown(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    """A GraphQL error as a client may see it."""
    told: dict[str, Any] = {"message": error.message}
    if error.locations:
        told["locations"] = [location.formatted for location in error.locations]
    if error.path:
        told["path"] = error.path
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    code = ErrorCode.BAD_INPUT
    if isinstance(cause, Problem | BrokerError):
        told["message"], code = cause.message, cause.code
    elif cause is not None and error.path is not None:
        logger.error(
            "an operation failed", exc_info=cause, extra={"correlation_id": correlation_id}
        )
        code = ErrorCode.UNAVAILABLE if isinstance(cause, OSError) else ErrorCode.INTERNAL
        told["message"] = f"Something went wrong here. Quote {correlation_id} to ask why."
    elif error.path is None:
        told["message"] = _unechoed(error.message)
    told["extensions"] = {
        "code": code.value,
        **(error.extensions or {}),
        "correlationId": correlation_id,
    }
    return told


def _unechoed(message: str) -> str:
    for echo, instead in _ECHOES:
        message = echo.sub(instead, message)
    return message


def located(error: Exception) -> GraphQLError:
    """Any exception as one that `shown` masks or tells, as if a field had raised it."""
    return GraphQLError(str(error), original_error=error, path=["subscription"])
