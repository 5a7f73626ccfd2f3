"""graphql-core's executor, in our two ways: it forgets what was told, and it projects."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson
from graphql import Executor, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails, collect_fields

from graph.projection import Compiler, Show, Uncovered
from streaming.frames import Shareable


class EventExecutor(Executor[Any]):
    """Forgets each event once it is told.

    graphql-core 3.3.2 (read and measured 2026-11-20) shares one memo of collected fields among all
    events of a subscription, under keys that no later event can have: about 5 KB for an event of
    four objects, kept until the subscription ends.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """An executor of one event with a memo of its own."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}  # noqa: SLF001  (no other way to it)
        return executor


# So many different selections of one event are shared; who comes later writes out his own.
_MOST_MADE = 16

# By type and by the nodes that select of it, which live as long as their document is remembered.
Shows = dict[tuple[GraphQLOutputType, tuple[int, ...]], Show | None]


class ProjectingExecutor(EventExecutor):
    """Completes a value by its projection wherever there is one.

    `shows` gives the projections that were made for these variables; they outlive the operation.
    """

    def __init__(
        self, *args: Any, shows: Callable[[Mapping[str, object]], Shows], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._shows = shows(self.variable_values.coerced)

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: list[FieldDetails],
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """As graphql-core would; if the projection stumbles, by graphql-core."""
        show = self._show(return_type, field_details_list)
        if show is not None:
            try:
                return show(result)
            except Exception:  # noqa: BLE001, S110  (graphql-core comes to the same, and tells it)
                pass
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def event(self) -> Show | None:
        """What shows an event of this subscription as its data; None if nothing does."""
        root = cast("GraphQLObjectType", self.schema.subscription_type)
        collected = collect_fields(
            self.schema, self.fragments, self.variable_values, root, self.operation
        )
        (name, details), *_ = collected.grouped_field_set.items()
        return self._made(root, details, lambda: self._rooted(root, name, details))

    def _rooted(self, root: GraphQLObjectType, name: str, details: list[FieldDetails]) -> Show:
        show = self._compiler.value(root.fields[details[0].node.name.value].type, details)
        return lambda event: {name: show(event)}

    def _show(self, type: GraphQLOutputType, details: list[FieldDetails]) -> Show | None:
        return self._made(type, details, lambda: self._compiler.value(type, details))

    def _made(
        self, type: GraphQLOutputType, details: list[FieldDetails], make: Callable[[], Show]
    ) -> Show | None:
        key = (type, tuple(id(each.node) for each in details))
        if key not in self._shows:
            try:
                self._shows[key] = make()
            except Uncovered:
                self._shows[key] = None
        return self._shows[key]

    @property
    def _compiler(self) -> Compiler:
        return Compiler(self.collect_subfields, self.schema.get_possible_types)


def shared(show: Show, event: Any) -> str | None:
    """The payload of an event as JSON, written out once for all who see it; None if it fails."""
    made: dict[object, str] = event.made if isinstance(event, Shareable) else {}
    text = made.get(show)
    if text is None:
        try:
            text = orjson.dumps({"data": show(event)}).decode()
        except Exception:  # noqa: BLE001  (graphql-core comes to the same, and tells it)
            return None
        if len(made) < _MOST_MADE:
            made[show] = text
    return text
