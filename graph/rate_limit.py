"""What the viewer may still ask."""

import strawberry
from strawberry import Parent

from graph.allowance import Allowance
from graph.context import Info
from graph.fields import of


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
        graphql_type=RateLimit, description="What the user may still ask, over all transports."
    )
    def rate_limit(self, info: Info) -> Allowance:
        """The same figures come with every answer in extensions.cost."""
        return info.context.allowance
