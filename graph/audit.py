"""What was done: every call to a broker and every act of a person."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.audit import AuditRow as AuditRowValue
from domain.errors import ErrorCode
from domain.ids import ConnectionId
from graph.context import Info
from graph.fields import of
from graph.node import global_id, key_of
from graph.paging import Listed, Paged, checked, paged
from graph.scalars import Cursor


@strawberry.type(description="One further fact of an audit entry.")
class AuditDetail:
    """One entry of a mapping, shown as an item of a list."""

    name: str = strawberry.field(description="What it is about.")
    value: str = strawberry.field(description="What it is; never a secret.")


def _detail(source: Parent[AuditRowValue]) -> list[AuditDetail]:
    return [AuditDetail(name=name, value=value) for name, value in source.entry.detail.items()]


def _connection_id(id: ConnectionId | None) -> strawberry.ID | None:
    return None if id is None else global_id("Connection", id)


@strawberry.type(description="One thing that was done or tried, in its place in the user's chain.")
class AuditEntry:
    """Declares what is shown of the domain's AuditRow."""

    sequence: int = strawberry.field(description="Counts up by one.")
    hash: str = strawberry.field(description="Covers this entry and all before it.")
    at = of("entry.at", datetime, "When.")
    actor = of("entry.actor", str, "Who: a person, or a part of the server for one.")
    action = of("entry.action", str, "What.")
    outcome = of("entry.outcome", str, "How it went.")
    code = of("entry.code", ErrorCode | None, "Why it failed, if it did.")
    connection_id = of(
        "entry.connection",
        strawberry.ID | None,
        "The connection that it was about, if one.",
        shown_as=_connection_id,
    )
    method = of("entry.method", str | None, "The HTTP method, of a call to a broker.")
    path = of("entry.path", str | None, "The path's template, of a call to a broker.")
    purpose = of("entry.purpose", str | None, "What the call was for.")
    status = of("entry.status", int | None, "The HTTP status that the broker gave.")
    request_id = of("entry.request_id", str | None, "The broker's name for the call.")
    duration_ms = of("entry.duration_ms", int | None, "How long it took, in milliseconds.")
    correlation_id = of("entry.correlation_id", str | None, "Joins it to our logs.")
    detail: list[AuditDetail] = strawberry.field(resolver=_detail, description="Further facts.")


@strawberry.type
class AuditQuery:
    """Root field about the audit log."""

    @strawberry.field(
        graphql_type=Paged[AuditEntry],
        description="What was done for the user, newest first, paged.",
        metadata={"whole": True},
    )
    async def audit_log(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 200.")],
        after: Annotated[Cursor | None, strawberry.argument(description="Behind this one.")] = None,
        connection_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only about this connection.")
        ] = None,
        since: Annotated[
            datetime | None, strawberry.argument(description="Only from then on.")
        ] = None,
        until: Annotated[
            datetime | None, strawberry.argument(description="Only before then.")
        ] = None,
    ) -> Listed:
        """An id that is unknown or another's matches nothing."""
        connection = None if connection_id is None else key_of("Connection", connection_id)
        page = await info.context.services.reads.audit(
            info.context.viewer.user_id,
            connection=None if connection is None else ConnectionId(connection),
            since=since,
            until=until,
            first=checked(first),
            after=after,
        )
        return paged(page, after)
