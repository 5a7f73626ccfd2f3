"""Documents read once: parsed, measured, validated, and remembered by their text."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from domain.errors import ErrorCode
from graph.executor import Shows
from graph.limits import Limits, Measure, Ruler, refusal, too_big

# So many measures are kept of one document, each of an operation with short variables.
_MOST_MEASURES, _LONGEST_VARIABLES = 16, 1024
# So many sets of projections are kept of one document, one for each way its conditions fell out.
_MOST_SHOWS = 4


class BoundedOverlap(OverlappingFieldsCanBeMergedRule):
    """The one rule whose work grows with the square of the document, on a short leash."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = 3_000


RULES = tuple(
    BoundedOverlap if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text as it was understood; `node` is empty if there are errors."""

    node: DocumentNode
    errors: tuple[GraphQLError, ...]
    tokens: int
    conditions: tuple[str, ...] = ()
    _shows: OrderedDict[tuple[object, ...], Shows] = field(default_factory=OrderedDict, repr=False)
    _measures: OrderedDict[tuple[int, bytes], Measure] = field(
        default_factory=OrderedDict, repr=False
    )

    def shows(self, variables: Mapping[str, object]) -> Shows:
        """Its projections where its conditions, the variables of @include and @skip, are these."""
        key = tuple(variables.get(name) for name in self.conditions)
        shows = self._shows.setdefault(key, {})
        self._shows.move_to_end(key)
        if len(self._shows) > _MOST_SHOWS:
            self._shows.popitem(last=False)
        return shows

    def measure(
        self,
        schema: GraphQLSchema,
        node: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
    ) -> Measure:
        """How big one of its operations is with these variables; raises GraphQLError."""
        told = _told(variables)
        if told is None:
            return Ruler(schema, self.node, variables).measure(node)
        key = (id(node), told)
        if key not in self._measures:
            self._measures[key] = Ruler(schema, self.node, variables).measure(node)
        self._measures.move_to_end(key)
        if len(self._measures) > _MOST_MEASURES:
            self._measures.popitem(last=False)
        return self._measures[key]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to carry out; raises GraphQLError if the name does not tell it."""
        operations = operations_in(self.node)
        if name is not None:
            operations = [node for node in operations if node.name and node.name.value == name]
        if len(operations) != 1:
            wanted = f"no operation is named {name[:80]!r}" if name else "name one operation"
            raise refusal(wanted, ErrorCode.BAD_INPUT)
        return operations[0]


def _told(variables: Mapping[str, Any] | None) -> bytes | None:
    """What tells variables apart; None for those too long or too deep to be remembered."""
    try:
        text = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None
    return text if len(text) <= _LONGEST_VARIABLES else None


class Documents:
    """The most recently used documents, good and bad alike, within bounded memory.

    A syntax error is remembered and told as any other: nothing is swallowed.
    """

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, most: int = 512, most_tokens: int = 100_000
    ) -> None:
        # A token takes about 0.6 KB once it is parsed (measured), so all of them about 60 MB.
        self._schema, self._limits, self._most, self._room = schema, limits, most, most_tokens
        self._read: OrderedDict[bytes, Document] = OrderedDict()
        self.validations = 0

    def known(self, text: str) -> Document | None:
        """The document if it has been read before."""
        key = sha256(text.encode(errors="replace")).digest()
        document = self._read.get(key)
        if document is not None:
            self._read.move_to_end(key)
        return document

    def read(self, text: str) -> Document:
        """Understand a text and remember it; never raises."""
        document = self._understand(text)
        key = sha256(text.encode(errors="replace")).digest()
        if key not in self._read:
            self._read[key] = document
            self._room -= document.tokens
        while len(self._read) > self._most or self._room < 0:
            _, oldest = self._read.popitem(last=False)
            self._room += oldest.tokens
        return document

    def _understand(self, text: str) -> Document:
        limits = self._limits
        try:
            node = parse(
                text,
                max_lexical_tokens=limits.tokens,
                max_comments=limits.tokens,
                max_source_length=limits.length,
            )
        except GraphQLError as error:
            tokens = min(limits.tokens, len(text))
            return Document(node=DocumentNode(), errors=(_lean(error),), tokens=tokens)
        errors = tuple(self._refusals(node)) or tuple(self._invalid(node))
        if errors:
            return Document(node=DocumentNode(), errors=errors, tokens=node.token_count)
        conditions = _conditions(node)
        return Document(node=node, errors=(), tokens=node.token_count, conditions=conditions)

    def _refusals(self, node: DocumentNode) -> list[GraphQLError]:
        ruler = Ruler(self._schema, node)
        operations = operations_in(node)
        if len(operations) > self._limits.roots:
            return [refusal("too many operations in one document")]
        try:
            measures = [ruler.measure(operation) for operation in operations]
        except GraphQLError as error:
            return [error]
        return [refusal(message) for message in too_big(node, measures, self._limits)]

    def _invalid(self, node: DocumentNode) -> list[GraphQLError]:
        self.validations += 1
        return [_lean(error) for error in validate(self._schema, node, RULES, max_errors=5)]


def operations_in(node: DocumentNode) -> list[OperationDefinitionNode]:
    """The queries, mutations and subscriptions of a document."""
    return [d for d in node.definitions if isinstance(d, OperationDefinitionNode)]


class _Conditions(Visitor):
    """Collects the variables that decide what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {"include", "skip"}:
            values = [argument.value for argument in node.arguments or ()]
            self.names |= {each.name.value for each in values if isinstance(each, VariableNode)}


def _conditions(node: DocumentNode) -> tuple[str, ...]:
    visitor = _Conditions()
    visit(node, visitor)
    return tuple(sorted(visitor.names))


def _lean(error: GraphQLError) -> GraphQLError:
    """The error without the text that it points into, so that remembering it costs little."""
    extensions: Mapping[str, Any] = {"code": ErrorCode.BAD_INPUT.value}
    lean = GraphQLError(error.message[:500], extensions=dict(extensions))
    lean.locations = error.locations
    return lean
