"""What people do leaves a line in their audit: one for each mutation, however it went."""

import inspect
import logging
from typing import Any

from graphql import GraphQLField, GraphQLResolveInfo, GraphQLSchema

from domain.audit import AuditEntry
from domain.errors import BrokerError, ErrorCode, Problem
from graph.context import Context

logger = logging.getLogger(__name__)


def audited(schema: GraphQLSchema) -> GraphQLSchema:
    """The same schema, whose mutations are written down; never with what was given to them."""
    if schema.mutation_type is not None:
        for name, field in schema.mutation_type.fields.items():
            _watch(name, field)
    return schema


def _watch(name: str, field: GraphQLField) -> None:
    carry_out = field.resolve
    if carry_out is None:
        raise TypeError(f"the mutation {name} has no resolver")

    async def resolve(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        try:
            done = carry_out(source, info, **arguments)
            payload = await done if inspect.isawaitable(done) else done
        except Exception as error:
            await _note(info.context, name, _code_of(error))
            raise
        errors = getattr(payload, "user_errors", None)
        await _note(info.context, name, errors[0].code if errors else None)
        return payload

    field.resolve = resolve


async def _note(context: Context, name: str, code: ErrorCode | None) -> None:
    """It is done by now, so a line that cannot be written is no reason to say that it failed."""
    viewer = context.viewer
    entry = AuditEntry(
        at=context.services.clock.now(),
        actor=viewer.user_id,
        action=name,
        outcome="OK" if code is None else "REFUSED",
        code=code,
        correlation_id=context.correlation_id,
        detail={"by": viewer.subject},
    )
    try:
        await context.services.note(viewer.user_id, entry)
    except Exception:
        logger.exception("An act could not be written down", extra={"action": name})


def _code_of(error: Exception) -> ErrorCode:
    return error.code if isinstance(error, Problem | BrokerError) else ErrorCode.INTERNAL
