"""Documents that are valid against the schema, drawn at random: whatever a client may select."""

from dataclasses import dataclass, field

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
    is_union_type,
)
from hypothesis import strategies as st

from graph.limits import marks_of

CONDITIONS = ("yes", "no", "maybe")
DEEPEST = 3


@dataclass(slots=True)
class Author:
    """Draws one document; fragments that are spread are written behind it."""

    schema: GraphQLSchema
    draw: st.DrawFn
    fragments: list[str] = field(default_factory=list)
    _spread: int = 0

    def operation(self, keyword: str, root: GraphQLObjectType, name: str, call: str) -> str:
        """An operation of one root field, and the variables that conditions use."""
        inner = get_named_type(root.fields[name].type)
        declared = ", ".join(f"${each}: Boolean! = true" for each in CONDITIONS)
        # Each variable has to be used somewhere.
        used = " ".join(f"{each}: __typename @include(if: ${each})" for each in CONDITIONS)
        selected = self._set(inner, 0)
        body = f"{keyword} Drawn({declared}) {{ {call} {{ {used} ...Root }} }}"
        self.fragments.append(f"fragment Root on {inner.name} {selected}")
        return "\n".join([body, *self.fragments])

    def _set(self, type: GraphQLNamedType, depth: int) -> str:
        parts = [self._part(type, depth) for _ in range(self.draw(st.integers(1, 4)))]
        # Whatever the conditions leave out, something is selected.
        always = self.draw(st.sampled_from(["__typename", "always: __typename"]))
        return f"{{ {' '.join(parts)} {always} }}"

    def _part(self, type: GraphQLNamedType, depth: int) -> str:
        fields = 0 if is_union_type(type) else 6
        match self.draw(st.sampled_from(["field"] * fields + ["inline", "spread"])):
            case "inline" if depth < DEEPEST:
                condition, within = self._within(type)
                return f"...{condition} {self._directives()} {self._set(within, depth + 1)}"
            case "spread" if depth < DEEPEST:
                _, within = self._within(type)
                self._spread += 1
                name = f"Fragment{self._spread}"
                selected = self._set(within, depth + 1)
                self.fragments.append(f"fragment {name} on {within.name} {selected}")
                return f"...{name} {self._directives()}"
            case "field":
                return self._field(type, depth)
        return "__typename"

    def _within(self, type: GraphQLNamedType) -> tuple[str, GraphQLNamedType]:
        """A type condition that can hold, or none."""
        choices: list[GraphQLNamedType] = [type]
        if is_abstract_type(type):
            choices += self.schema.get_possible_types(type)
        elif is_object_type(type):
            choices += type.interfaces
        within = self.draw(st.sampled_from(choices))
        written = f" on {within.name}" if within is not type or self.draw(st.booleans()) else ""
        return written, within

    def _field(self, type: GraphQLNamedType, depth: int) -> str:
        declared: dict[str, GraphQLField] = getattr(type, "fields", {})
        fields = {name: each for name, each in declared.items() if self._fits(each, depth)}
        if not fields:
            return "__typename"
        name = self.draw(st.sampled_from(sorted(fields)))
        # One alias stands for one field, as validation demands.
        alias = self.draw(st.sampled_from(["", f"{name}_1: ", f"{name}_2: "]))
        inner = get_named_type(fields[name].type)
        below = self._set(inner, depth + 1) if is_composite_type(inner) else ""
        return f"{alias}{name} {self._directives()} {below}"

    def _fits(self, field: GraphQLField, depth: int) -> bool:
        leaf = not is_composite_type(get_named_type(field.type))
        return "query_only" not in marks_of(field) and (leaf or depth < DEEPEST)

    def _directives(self) -> str:
        given = self.draw(st.sampled_from([*[""] * 4, "@include", "@skip", "@skip @include"]))
        values = st.sampled_from(["true", "false", *(f"${name}" for name in CONDITIONS)])
        return " ".join(f"{each}(if: {self.draw(values)})" for each in given.split())


@st.composite
def documents(
    draw: st.DrawFn,
    schema: GraphQLSchema,
    keyword: str,
    root: GraphQLObjectType,
    name: str,
    call: str,
) -> str:
    """A document whose only operation selects of this root field."""
    return Author(schema, draw).operation(keyword, root, name, call)
