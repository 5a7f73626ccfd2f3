"""What the viewer may still ask."""

import strawberry
from strawberry import Parent

from domain.errors import ErrorCode, Problem
from graph.allowance import Allowance
from graph.context import Info, Viewer
from graph.fields import of
from streaming.views import EVERY_UPDATE

MAX_RATE = (
    "Updates a second, 1 to 20; 0 for every update, by a token that was made for an unlimited rate."
)


def updates(viewer: Viewer, asked: int) -> int:
    """Updates a second that the viewer gets; Problem where 0 is asked and not allowed."""
    if asked != 0:
        return asked
    if not viewer.unlimited_rate:
        message = "only a token that was made for an unlimited rate gets every update"
        raise Problem(ErrorCode.FORBIDDEN, message, field="maxRate")
    return EVERY_UPDATE


def _available(source: Parent[Allowance]) -> int:
    return max(0, source.left)


@strawberry.type(description="Points that operations cost: one a field, times the lists above it.")
class RateLimit:
    """Declares what is shown of an Allowance."""

    available: int = strawberry.field(resolver=_available, description="Points left now.")
    capacity = of("flow.capacity", int, "The most that can be left.")
    restored_per_second = of("flow.restored", int, "Points that come back each second.")


@strawberry.type
class RateLimitQuery:
    """Root field about the viewer's points."""

    @strawberry.field(
        graphql_type=RateLimit,
        description="What the user may still ask, over all transports.",
        metadata={"scope": None},
    )
    def rate_limit(self, info: Info) -> Allowance:
        """The same figures come with every answer in extensions.cost."""
        return info.context.allowance
