"""Fields that show a part of a domain value under a name of their own."""

from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter
from typing import Any

import strawberry
from strawberry import Parent


def of(
    path: str, type: Any, description: str, *, shown_as: Callable[[Any], Any] | None = None
) -> Any:
    """A field that shows the attribute at `path` ("terms.quantity") as the GraphQL type."""
    getter = attrgetter(path)

    def shown(source: Parent[Any]) -> Any:
        value = getter(source)
        return value if shown_as is None else shown_as(value)

    metadata = {"getter": getter} if shown_as is None else {}
    return strawberry.field(
        resolver=shown, graphql_type=type, description=description, metadata=metadata
    )


def seconds(path: str, type: Any, description: str) -> Any:
    """A field that shows the timedelta at `path` in whole seconds, null where there is none."""
    getter = attrgetter(path)

    def shown(source: Parent[Any]) -> int | None:
        length: timedelta | None = getter(source)
        return None if length is None else int(length.total_seconds())

    return strawberry.field(resolver=shown, graphql_type=type, description=description)
