"""Relay connections over keyset pages."""

from dataclasses import dataclass
from functools import cached_property
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

    keeps_written = True

    edges: list[Edge[T]] = strawberry.field(
        description="The items with their cursors.", metadata={"length": 1}
    )
    nodes: list[T] = strawberry.field(description="The items alone.", metadata={"length": 1})
    page_info: PageInfo = strawberry.field(description="Where this page begins and ends.")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The source of a `Paged`: its fields by the same names, made when they are asked for."""

    page: Page[Any]
    after: str | None

    @property
    def written(self) -> dict[Any, Any] | None:
        """What was written of the page before, if it keeps that."""
        return getattr(self.page, "written", None)

    @cached_property
    def edges(self) -> list["Placed"]:
        """Each item with its cursor."""
        page = self.page
        return [
            Placed(node=item, cursor=Cursor(cursor))
            for item, cursor in zip(page.items, page.cursors, strict=True)
        ]

    @property
    def nodes(self) -> list[Any]:
        """The items alone."""
        return list(self.page.items)

    @property
    def page_info(self) -> PageInfo:
        """Where it begins and ends."""
        cursors = [Cursor(cursor) for cursor in self.page.cursors[:1] + self.page.cursors[-1:]]
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.after is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The source of an `Edge`."""

    node: Any
    cursor: str


def paged(page: Page[Any], after: str | None) -> Listed:
    """A page as GraphQL shows it; `after` is what it was asked for by."""
    return Listed(page=page, after=after)


def checked(first: int, most: int = MOST) -> int:
    """How many to read; raises Problem if that is none or too many."""
    if 1 <= first <= most:
        return first
    raise Problem(ErrorCode.BAD_INPUT, f"first is from 1 to {most}", field="first")
