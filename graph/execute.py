"""The one way in which operations are carried out, whichever transport brought them."""

import inspect
import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute_root_selection_set,
    execute_subscription_event,
)
from graphql.pyutils import AwaitableOrValue

from domain.errors import ErrorCode
from graph.allowance import Allowances
from graph.context import Context, Services, Viewer
from graph.documents import Document, Documents
from graph.errors import located, shown
from graph.executor import EventExecutor, ProjectingExecutor, shared
from graph.limits import Limits, Measure, refusal
from graph.loaders import Loaders
from graph.request import Request

# Validating one token of a document never seen before costs about as much as five fields.
POINTS_PER_TOKEN = 5
# What begins with writing or with reading everything costs more than its fields tell.
POINTS_TO_START = {OperationType.MUTATION: 25, OperationType.SUBSCRIPTION: 25}

Payload = dict[str, Any]
T = TypeVar("T")


class Refusal(Exception):
    """The operation was not started; `retry_after` in seconds where waiting helps."""

    def __init__(
        self, code: ErrorCode, errors: list[Payload], *, retry_after: int | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.errors, self.retry_after = code, errors, retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation that may be carried out by this viewer; its cost is paid."""

    document: Document
    node: OperationDefinitionNode
    request: Request
    context: Context
    cost: int

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation


class Engine:
    """Prepares, then runs or streams; all state is the allowances and the document cache."""

    def __init__(
        self,
        schema: GraphQLSchema,
        services: Services,
        *,
        limits: Limits | None = None,
        allowances: Allowances | None = None,
        projection: bool = True,
    ) -> None:
        self._schema, self._services, self._projection = schema, services, projection
        self.limits = limits or Limits()
        self.documents = Documents(schema, self.limits)
        self._allowances = allowances or Allowances(services.clock)

    def prepare(
        self, request: Request, viewer: Viewer, correlation_id: str | None = None
    ) -> Operation:
        """Check a request against every limit and pay for it; raises Refusal."""
        context = self._context(viewer, correlation_id or secrets.token_hex(8))
        document = self._read(request.query, context)
        try:
            node = document.operation(request.operation_name)
            measure = document.measure(self._schema, node, request.variables)
        except GraphQLError as error:
            raise _refused([error], context) from None
        self._authorise(measure, context)
        cost = measure.size.cost + POINTS_TO_START.get(node.operation, 0)
        self._pay(cost, context)
        return Operation(document=document, node=node, request=request, context=context, cost=cost)

    async def run(self, operation: Operation) -> bytes:
        """What a query or a mutation gives, as JSON; raises Refusal if its variables do not fit."""
        executor = self._executor(operation)
        result = await _settled(execute_root_selection_set(executor))
        if result.data is None and result.errors and not any(e.path for e in result.errors):
            raise _refused(result.errors, operation.context)
        payload = _payload(result, operation.context)
        payload["extensions"] = {"cost": _cost(operation)}
        return orjson.dumps(payload)

    async def stream(self, operation: Operation) -> AsyncGenerator[str, None]:
        """A subscription's payloads as JSON; raises Refusal if its source cannot start or breaks.

        This is the only place where the frames of a subscription become payloads.
        """
        context, executor = operation.context, self._executor(operation)
        source = await _settled(create_source_event_stream(executor))
        if isinstance(source, ExecutionResult):
            raise _refused(source.errors or [], context)
        show = executor.event() if isinstance(executor, ProjectingExecutor) else None
        async with aclosing(cast("AsyncGenerator[Any, None]", source)) as events:
            try:
                async for event in events:
                    text = None if show is None else shared(show, event)
                    yield await _executed(executor, event, context) if text is None else text
            except Exception as error:
                raise _refused([located(error)], context) from error

    def _executor(self, operation: Operation) -> Executor[Any]:
        """What carries it out; raises Refusal if its variables do not fit."""
        told = (
            self._schema,
            operation.document.node,
            None,
            operation.context,
            dict(operation.request.variables or {}),
            operation.request.operation_name,
        )
        if self._projection:
            executor = ProjectingExecutor.build(*told, shows=operation.document.shows)
        else:
            executor = EventExecutor.build(*told)
        if isinstance(executor, list):
            raise _refused(executor, operation.context)
        return executor

    def _context(self, viewer: Viewer, correlation_id: str) -> Context:
        return Context(
            services=self._services,
            viewer=viewer,
            allowance=self._allowances.of(viewer.user_id),
            correlation_id=correlation_id,
            loaders=Loaders(self._services, viewer),
        )

    def _read(self, text: str, context: Context) -> Document:
        """The document; a new one is paid for by its size, after the fact."""
        document = self.documents.known(text)
        if document is None:
            self._pay(0, context)
            document = self.documents.read(text)
            context.allowance.owe(document.tokens * POINTS_PER_TOKEN)
        if document.errors:
            raise _refused(document.errors, context)
        return document

    def _authorise(self, measure: Measure, context: Context) -> None:
        viewer = context.viewer
        missing = ", ".join(sorted(measure.scopes - viewer.scopes))
        if missing:
            reason = f"this needs the scope {missing}"
        elif measure.whole and viewer.accounts is not None:
            reason = "this needs a token that is not limited to some accounts"
        elif measure.in_person and viewer.signed_in_at is None:
            reason = "this needs a person who has signed in; a token will not do"
        else:
            return
        raise _refused([refusal(reason, ErrorCode.FORBIDDEN)], context)

    def _pay(self, points: int, context: Context) -> None:
        if points > self.limits.cost:
            message = f"this costs {points} points; at most {self.limits.cost} are allowed"
            raise _refused([refusal(message)], context)
        if context.allowance.left < 0 or not context.allowance.spend(points):
            wait = context.allowance.wait(points)
            message = f"too many requests; there are points again in {wait} s"
            error = refusal(message, ErrorCode.TOO_MANY_REQUESTS)
            raise _refused([error], context, retry_after=wait)


async def _settled(value: AwaitableOrValue[T]) -> T:
    return await value if inspect.isawaitable(value) else value


def _payload(result: ExecutionResult, context: Context) -> Payload:
    payload: Payload = {"data": result.data}
    if result.errors:
        payload["errors"] = [shown(error, context.correlation_id) for error in result.errors]
    return payload


async def _executed(executor: Executor[Any], event: object, context: Context) -> str:
    """The payload of an event by graphql-core."""
    result = await _settled(execute_subscription_event(executor.build_per_event_executor(event)))
    return orjson.dumps(_payload(result, context)).decode()


def _cost(operation: Operation) -> Payload:
    allowance = operation.context.allowance
    return {
        "requested": operation.cost,
        "available": max(0, allowance.left),
        "capacity": allowance.flow.capacity,
        "restoredPerSecond": allowance.flow.restored,
    }


def _refused(
    errors: Iterable[GraphQLError], context: Context, *, retry_after: int | None = None
) -> Refusal:
    told = [shown(error, context.correlation_id) for error in errors]
    return Refusal(ErrorCode(told[0]["extensions"]["code"]), told, retry_after=retry_after)
