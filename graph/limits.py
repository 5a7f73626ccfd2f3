"""How big a document is before anything of it is carried out, in time linear in its text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from domain.access import Scope
from domain.errors import ErrorCode

# A list without `first` is short by nature (balances, lots); this is what it is taken to hold.
USUAL_LENGTH = 5
# Parsing allows deeper nesting than recursion would survive when fragments are chained.
_DEEPEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that one document may be; `cost` is in points."""

    length: int = 32_768
    tokens: int = 1_000
    depth: int = 16
    roots: int = 20
    aliases: int = 30
    directives: int = 50
    fragments: int = 50
    fields: int = 1_000
    cost: int = 50_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection adds up to once its fragments are spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both, one after the other."""
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.cost + other.cost,
        )


@dataclass(slots=True, kw_only=True)
class Measure:
    """One operation measured; `asked` are the marks of every field that it selects.

    `scopes` is what a viewer must be allowed for it.
    """

    size: Size
    roots: int
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    scopes: frozenset[Scope] = frozenset()

    @property
    def in_person(self) -> bool:
        """Whether it takes a person who has signed in, not a token."""
        return any(marks.get("in_person") for marks in self.asked)

    @property
    def whole(self) -> bool:
        """Whether it concerns all of the user's accounts at once."""
        return any(marks.get("whole") for marks in self.asked)


def marks_of(definition: GraphQLField) -> Mapping[str, Any]:
    """What a field was declared with: scope, whole, in_person, query_only, length."""
    declared = definition.extensions.get("strawberry-definition")
    return getattr(declared, "metadata", None) or {}


def needed(marks: Mapping[str, Any], *, root: bool) -> frozenset[Scope]:
    """What a field takes: a root field READ unless it is marked, one below it only its mark.

    What trading answers with is read, too; a mark of None takes nothing.
    """
    scope = marks.get("scope", Scope.READ if root else None)
    if scope is None:
        return frozenset()
    return frozenset({scope} if scope is Scope.ADMIN else {scope, Scope.READ})


class Ruler:
    """Measures the operations of one document; each fragment once, whatever spreads it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self._schema, self._variables = schema, variables or {}
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Size | None] = {}
        self._asked: dict[int, Mapping[str, Any]] = {}
        self._scopes: frozenset[Scope] = frozenset()
        self._root: GraphQLNamedType | None = None
        self._streaming = False

    def measure(self, operation: OperationDefinitionNode) -> Measure:
        """The size of one operation; raises GraphQLError where it cannot have one."""
        self._known.clear()
        self._asked.clear()
        self._scopes = frozenset()
        self._streaming = operation.operation is OperationType.SUBSCRIPTION
        root = self._root = self._schema.get_root_type(operation.operation)
        size = self._selections(operation.selection_set, root, 1)
        roots = sum(1 for _ in self._flat(operation.selection_set, set()))
        size = size.beside(Size(directives=len(operation.directives or ())))
        asked = list(self._asked.values())
        return Measure(size=size, roots=roots, asked=asked, scopes=self._scopes)

    def _flat(self, node: SelectionSetNode, seen: set[str]) -> Iterator[FieldNode]:
        """The fields of a selection set itself, through fragments, each fragment once."""
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in self._fragments and name not in seen:
                    seen.add(name)
                    yield from self._flat(self._fragments[name].selection_set, seen)
            elif isinstance(selection, InlineFragmentNode):
                yield from self._flat(selection.selection_set, seen)

    def _selections(
        self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int
    ) -> Size:
        if level > _DEEPEST:
            raise refusal("the document is nested too deeply")
        total = Size()
        for selection in node.selections:
            total = total.beside(self._one(selection, parent, level))
            total = total.beside(Size(directives=len(selection.directives or ())))
        return total

    def _one(self, node: SelectionNode, parent: GraphQLNamedType | None, level: int) -> Size:
        if isinstance(node, FieldNode):
            return self._field(node, parent, level)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value, level)
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            within = self._schema.get_type(condition.name.value) if condition else parent
            return self._selections(node.selection_set, within, level + 1)
        return Size()

    def _fragment(self, name: str, level: int) -> Size:
        fragment = self._fragments.get(name)
        if fragment is None:
            return Size()  # unknown: validation says so
        if name not in self._known:
            self._known[name] = None  # being measured: meeting it again is a cycle
            within = self._schema.get_type(fragment.type_condition.name.value)
            size = self._selections(fragment.selection_set, within, level + 1)
            self._known[name] = size.beside(Size(directives=len(fragment.directives or ())))
        known = self._known[name]
        if known is None:
            raise refusal(f"the fragment {name} contains itself", ErrorCode.BAD_INPUT)
        return known

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> Size:
        definition = getattr(parent, "fields", {}).get(node.name.value)
        self._note(definition, root=parent is self._root)
        below = Size()
        if node.selection_set is not None:
            inner = get_named_type(definition.type) if definition else None
            below = self._selections(node.selection_set, inner, level + 1)
        return Size(
            depth=below.depth + 1,
            fields=below.fields + 1,
            aliases=below.aliases + (node.alias is not None),
            directives=below.directives,
            cost=below.cost * self._length(node, definition) + 1,
        )

    def _note(self, definition: GraphQLField | None, *, root: bool) -> None:
        if definition is None or id(definition) in self._asked:
            return
        marks = self._asked[id(definition)] = marks_of(definition)
        self._scopes |= needed(marks, root=root)
        if self._streaming and "query_only" in marks:
            raise refusal(marks["query_only"], ErrorCode.BAD_INPUT)

    def _length(self, node: FieldNode, definition: GraphQLField | None) -> int:
        """How many times what is below is resolved."""
        if definition is None:
            return 1
        if "first" in definition.args:
            return self._first(node)
        declared = marks_of(definition).get("length")
        if declared is not None:
            return int(declared)
        return USUAL_LENGTH if is_list_type(get_nullable_type(definition.type)) else 1

    def _first(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                value = argument.value
                if isinstance(value, IntValueNode):
                    return max(1, int(value.value[:9]))
                if isinstance(value, VariableNode):
                    given = self._variables.get(value.name.value)
                    return max(1, given) if isinstance(given, int) else 1
        return 1


def refusal(message: str, code: ErrorCode = ErrorCode.TOO_COMPLEX) -> GraphQLError:
    """An error that names its code, for what is refused before it starts."""
    return GraphQLError(message, extensions={"code": code.value})


def too_big(document: DocumentNode, measures: list[Measure], limits: Limits) -> Iterator[str]:
    """Each way in which a document is more than it may be."""
    fragments = sum(isinstance(node, FragmentDefinitionNode) for node in document.definitions)
    most = Size()
    for measure in measures:
        most = most.beside(measure.size)
    counted = {
        "fragments": (fragments, limits.fragments),
        "levels": (most.depth, limits.depth),
        "fields": (most.fields, limits.fields),
        "aliases": (most.aliases, limits.aliases),
        "directives": (most.directives, limits.directives),
        "root fields": (max((m.roots for m in measures), default=0), limits.roots),
    }
    for name, (count, limit) in counted.items():
        if count > limit:
            yield f"the document has more than {limit} {name}"
