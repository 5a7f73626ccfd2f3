"""Relay connections over keyset pages."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry

from domain.errors import ErrorCode, Problem
from graph.scalars import Cursor
from store.reads import Page

T = TypeVar("T")

MOST = 200
MOST_POSITIONS = 1_000


@strawberry.type(description="Where a page begins and ends.")
class PageInfo:
    """Forward paging only: a page before this one is one that the client has had."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(
        description="Whether this page was asked for by a cursor."
    )
    start_cursor: Cursor | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: Cursor | None = strawberry.field(
        description="Pass it as `after` for the next page."
    )


@strawberry.type(description="An item in its place in a list.")
class Edge(Generic[T]):
    """Its cursor outlives the items around it."""

    node: T = strawberry.field(description="The item.")
    cursor: Cursor = strawberry.field(description="Pass it as `after` to begin behind this item.")


@strawberry.type(name="Connection", description="A page of a list.")
class Paged(Generic[T]):
    """What `paged` makes of a page."""

    edges: list[Edge[T]] = strawberry.field(
        description="The items with their cursors.", metadata={"length": 1}
    )
    nodes: list[T] = strawberry.field(description="The items alone.", metadata={"length": 1})
    page_info: PageInfo = strawberry.field(description="Where this page begins and ends.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The source of a `Paged`: its fields by the same names."""

    edges: list["Placed"]
    nodes: list[Any]
    page_info: PageInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The source of an `Edge`."""

    node: Any
    cursor: str


def paged(page: Page[Any], after: str | None) -> Listed:
    """A page as GraphQL shows it."""
    cursors = [Cursor(cursor) for cursor in page.cursors]
    return Listed(
        edges=[
            Placed(node=item, cursor=cursor)
            for item, cursor in zip(page.items, cursors, strict=True)
        ],
        nodes=list(page.items),
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=after is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
    )


def checked(first: int, most: int = MOST) -> int:
    """How many to read; raises Problem if that is none or too many."""
    if 1 <= first <= most:
        return first
    raise Problem(ErrorCode.BAD_INPUT, f"first is from 1 to {most}", field="first")
