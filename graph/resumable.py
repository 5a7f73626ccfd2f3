"""What every frame of a stream that resumes has."""

from collections.abc import Callable

import strawberry

from graph.scalars import Cursor
from streaming.frames import ChangeFrame

BEHIND = "Resumes behind this."


def shows_change(value: type) -> Callable[[object, object], bool]:
    """`is_type_of` for what is shown of a change of this kind of value."""
    return staticmethod(
        lambda source, _info: (
            isinstance(source, ChangeFrame) and isinstance(source.change.value, value)
        )
    )


@strawberry.interface(
    description="A frame of a stream that resumes. Ask for its cursor here: kinds may be added."
)
class Resumable:
    """What every frame of `changes` and `orderUpdated` has."""

    cursor: Cursor = strawberry.field(description=BEHIND)
