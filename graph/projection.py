"""Selections compiled to functions: from a domain value straight to what JSON shows of it.

graphql-core walks the selection anew for every object. Here each selection set is walked once, by
graphql-core's own rules for what it selects, and becomes nested closures: a field is the declared
getter or pure resolver followed by what completes its type, an object is a dict of its fields.

Only what depends on the source alone is covered. A field that takes arguments or `info`, or that
is async, covers nothing, nor does what contains it: graphql-core goes on there and meets the
covered parts below. A closure never explains itself. Whatever is amiss (null where none may be, a
value of the wrong type, a resolver that raises) makes it raise, and graphql-core then completes
the same value over again, so that an error is its error to the letter. That costs nothing but
time, for resolvers of the source alone may be called twice.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

import orjson
from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField

Show = Callable[[Any], Any]
Collect = Callable[[GraphQLObjectType, list[FieldDetails]], CollectedFields]

# So many different selections of one value are kept written out.
_MOST_WRITTEN = 8
_PLAIN = frozenset({"String", "ID", "Cursor", "CurrencyCode"})


class Unlike(Exception):
    """A value is not what its type says; graphql-core can tell what is wrong with it."""


class Uncovered(Exception):
    """A selection that graphql-core has to carry out."""


class Compiler:
    """Makes the closures of one operation; `collect` gives the fields of a selection."""

    def __init__(
        self, collect: Collect, possible: Callable[[Any], list[GraphQLObjectType]]
    ) -> None:
        self._collect, self._possible = collect, possible

    def value(self, type: GraphQLOutputType, details: list[FieldDetails]) -> Show:
        """What shows a value of this type; raises Uncovered."""
        return self._read(None, type, details)

    def _read(
        self, read: Show | None, type: GraphQLOutputType, details: list[FieldDetails]
    ) -> Show:
        """The same for what `read` gives of a source."""
        if is_non_null_type(type):
            return _required(read, self._some(type.of_type, details))
        return _optional(read, self._some(type, details))

    def _some(self, type: GraphQLOutputType, details: list[FieldDetails]) -> Show:
        """The same for a value that is not null."""
        if is_list_type(type):
            return _list(self.value(type.of_type, details))
        if is_leaf_type(type):
            return _leaf(type)
        if is_abstract_type(type):
            return self._one_of(type, details)
        if is_object_type(type):
            return _kept(type, self._object(type, details))
        raise Uncovered

    def _one_of(self, type: GraphQLAbstractType, details: list[FieldDetails]) -> Show:
        shows = [
            (each.is_type_of, self._object(each, details))
            for each in self._possible(type)
            if each.is_type_of is not None
        ]

        def show(value: Any) -> Any:
            # An instance of a GraphQL type is known by its class; only domain values come here.
            if not has_object_definition(value):
                for is_type_of, shown in shows:
                    if is_type_of(value, cast("Any", None)):
                        return shown(value)
            raise Unlike

        return show

    def _object(self, type: GraphQLObjectType, details: list[FieldDetails]) -> Show:
        collected = self._collect(type, details)
        if collected.new_defer_usages:
            raise Uncovered
        fields = [
            (key, self._field(type, each)) for key, each in collected.grouped_field_set.items()
        ]
        is_type_of = type.is_type_of

        def show(source: Any) -> Any:
            # None of ours looks at `info`.
            if is_type_of is not None and not is_type_of(source, cast("Any", None)):
                raise Unlike
            shown = {}
            for key, field in fields:
                shown[key] = field(source)
            return shown

        return show

    def _field(self, type: GraphQLObjectType, details: list[FieldDetails]) -> Show:
        node: FieldNode = details[0].node
        if node.name.value == "__typename":
            return _always(type.name)
        definition = type.fields.get(node.name.value)
        if definition is None:
            raise Uncovered
        return self._read(_getter(definition), definition.type, details)


def _getter(definition: GraphQLField) -> Show:
    """The function of the source alone by which a field was declared."""
    field = definition.extensions.get("strawberry-definition")
    if not isinstance(field, StrawberryField) or field.extensions or definition.args:
        raise Uncovered
    resolver = field.base_resolver
    if resolver is None:
        return attrgetter(field.python_name)
    if "getter" in field.metadata:
        return cast("Show", field.metadata["getter"])
    parameters = list(resolver.signature.parameters.values())
    if resolver.is_async or parameters != [resolver.parent_parameter]:
        raise Uncovered
    return resolver.wrapped_func  # type: ignore[return-value]  # static methods: none here


def _always(name: str) -> Show:
    return lambda _: name


def _required(read: Show | None, show: Show) -> Show:
    def shown(source: Any) -> Any:
        value = source if read is None else read(source)
        if value is None:
            raise Unlike
        return show(value)

    return shown


def _optional(read: Show | None, show: Show) -> Show:
    def shown(source: Any) -> Any:
        value = source if read is None else read(source)
        return None if value is None else show(value)

    return shown


def _list(show: Show) -> Show:
    def shown(values: Any) -> Any:
        # Anything else might be used up by looking at it, with nothing left to fall back on.
        if not isinstance(values, list | tuple):
            raise Unlike
        return [show(value) for value in values]

    return shown


def _leaf(type: GraphQLLeafType) -> Show:
    coerce = type.coerce_output_value
    if type.name in _PLAIN:
        return lambda value: value if value.__class__ is str else coerce(value)
    if is_enum_type(type) and hasattr(type, "wrapped_cls"):
        by_value = {declared.value: name for name, declared in type.values.items()}
        return {member: by_value[member.value] for member in type.wrapped_cls}.__getitem__
    return coerce


def _kept(type: GraphQLObjectType, show: Show) -> Show:
    """The same, written out once for each value that keeps what was written of it."""
    declared = type.extensions.get("strawberry-definition")
    if not getattr(getattr(declared, "origin", None), "keeps_written", False):
        return show

    def shown(value: Any) -> Any:
        written = getattr(value, "written", None)
        return show(value) if written is None else _written(written, show, value)

    return shown


def _written(written: dict[Show, orjson.Fragment], show: Show, value: Any) -> orjson.Fragment:
    """What was written of this very value for this selection, or is now."""
    fragment = written.get(show)
    if fragment is None:
        fragment = orjson.Fragment(orjson.dumps(show(value)))
        if len(written) >= _MOST_WRITTEN:
            del written[next(iter(written))]
        written[show] = fragment
    return fragment
