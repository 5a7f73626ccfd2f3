"""What a projection shows is what graphql-core shows, to the byte, whatever is selected."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, Executor
from graphql.execution.collect_fields import collect_fields
from graphql.pyutils import Path
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from domain.changes import HoldingChange
from domain.connection import Connection
from domain.holding import Position
from domain.ids import AccountId
from domain.order import Order
from graph.documents import Document, Documents
from graph.executor import EventExecutor, ProjectingExecutor, shared
from graph.limits import Limits
from graph.paging import paged
from graph.schema import build
from store.page import Page
from streaming.frames import (
    AccountFrame,
    ChangeFrame,
    Heartbeat,
    PositionsFrame,
    ResyncFrame,
    SnapshotFrame,
)
from tests.clock import START
from tests.graph.selections import CONDITIONS, documents
from tests.streaming.samples import holding

SCHEMA = build()
ROOT = SCHEMA.subscription_type
assert ROOT is not None

PATIENT = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-5))])
LEAVES = {
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=ZONES),  # noqa: DTZ001
}
for kind, strategy in LEAVES.items():
    st.register_type_strategy(kind, strategy)

POSITION = Position(account_id=AccountId("a"), holding=holding(5), valuation=None)
EVENTS: Mapping[str, tuple[type, ...]] = {
    "positionUpdated": (PositionsFrame,),
    "accountUpdated": (AccountFrame,),
    "connectionUpdated": (Connection,),
    "orderUpdated": (ChangeFrame, SnapshotFrame, ResyncFrame, Heartbeat),
    "changes": (ChangeFrame, SnapshotFrame, ResyncFrame, Heartbeat),
}
AMISS = st.sampled_from([None, Decimal("NaN"), datetime(2026, 1, 1), object, "odd", 7, ()])  # noqa: DTZ001


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The same value with something in it that is not what its type says."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value) if each.init]
        name = draw(st.sampled_from(names))
        part = getattr(value, name)
        return dataclasses.replace(value, **{name: draw(spoiled(part))})
    if isinstance(value, tuple) and value:
        place = draw(st.integers(0, len(value) - 1))
        return (*value[:place], draw(spoiled(value[place])), *value[place + 1 :])
    return draw(AMISS)


def read(text: str) -> Document:
    """As the server reads it, but for how much it may be."""
    endless = dataclasses.replace(
        Limits(), **{each.name: 10**6 for each in dataclasses.fields(Limits)}
    )
    document = Documents(SCHEMA, endless).read(text)
    if any("conflict" in error.message for error in document.errors):
        # Two types may have fields of one name that cannot stand beside each other.
        reject()
    assert not document.errors, (text, document.errors)
    return document


def told(executor: Executor[Any], event: object) -> bytes:
    """What graphql-core makes of an event: data and errors."""
    result = executor.build_per_event_executor(event).execute_operation(serially=False)
    assert isinstance(result, ExecutionResult)
    return orjson.dumps(result.formatted)


def projecting(document: Document, variables: dict[str, bool] | None = None) -> ProjectingExecutor:
    """What carries a document out."""
    executor = ProjectingExecutor.build(
        SCHEMA, document.node, raw_variable_values=variables, shows=document.shows
    )
    assert isinstance(executor, ProjectingExecutor)
    return executor


def same(document: Document, event: object, variables: dict[str, bool]) -> bool:
    """Check that both ways tell the same; whether the projection could."""
    core = EventExecutor.build(SCHEMA, document.node, raw_variable_values=variables)
    ours = projecting(document, variables)
    assert isinstance(core, EventExecutor)
    expected, show = told(core, event), ours.event()
    assert show is not None, "a live type is not covered"
    text = shared(show, event)
    assert told(ours, event) == expected
    if text is not None:
        assert text.encode() == expected
    return text is not None


@given(data=st.data())
@PATIENT
def test_pages_of_lists_are_shown_alike(data: st.DataObject) -> None:
    query = SCHEMA.query_type
    assert query is not None
    name, kind = data.draw(st.sampled_from([("positions", Position), ("orders", Order)]))
    call = f"{name}(first: 2)"
    document = read(data.draw(documents(SCHEMA, "query", query, name, call), "document"))
    items = data.draw(st.lists(st.from_type(kind), max_size=2), "items")
    cursors = tuple(str(place) for place in range(len(items)))
    page = paged(Page(items=tuple(items), cursors=cursors, has_next=False), None)
    assert completed(ProjectingExecutor, document, page) == completed(EventExecutor, document, page)


def completed(kind: type[Executor[Any]], document: Document, value: object) -> bytes:
    """The value of the only root field as this executor completes it, and what went wrong."""
    options = {"shows": document.shows} if kind is ProjectingExecutor else {}
    executor = kind.build(SCHEMA, document.node, **options)  # type: ignore[arg-type]  # by keyword
    assert isinstance(executor, Executor)
    root = SCHEMA.query_type
    assert root is not None
    fields = collect_fields(
        SCHEMA, executor.fragments, executor.variable_values, root, executor.operation
    )
    ((key, details),) = fields.grouped_field_set.items()
    field, path = root.fields[details[0].node.name.value], Path(None, key, root.name)
    info = executor.build_resolve_info(field, [each.node for each in details], root, path)
    shown = executor.complete_value(field.type, details, info, path, value, None)
    errors = [error.formatted for error in executor.collected_errors.errors]
    return orjson.dumps([shown, errors])


@pytest.mark.parametrize("root", EVENTS)
@given(data=st.data())
@PATIENT
def test_whatever_is_selected_is_shown_alike(root: str, data: st.DataObject) -> None:
    assert ROOT is not None
    text = data.draw(documents(SCHEMA, "subscription", ROOT, root, root), "document")
    document = read(text)
    event = data.draw(st.one_of([st.from_type(kind) for kind in EVENTS[root]]), "event")
    for _ in range(2):
        variables = data.draw(st.dictionaries(st.sampled_from(CONDITIONS), st.booleans()))
        same(document, event, variables)
        same(document, data.draw(spoiled(event), "spoiled"), variables)


POSITIONS = "subscription { positionUpdated { upserts { id quantity instrument { symbol } } } }"


def test_an_event_is_written_out_once_for_all_who_are_told_it() -> None:
    document = read(POSITIONS)
    frame = PositionsFrame(upserts=(POSITION,), removed=(), as_of=START)
    first, second = (projecting(document).event() for _ in range(2))
    assert first is not None
    assert first is second
    assert shared(first, frame) is shared(second, frame)
    other = projecting(read(POSITIONS.replace("symbol", "currency"))).event()
    assert other is not None
    assert shared(other, frame) != shared(first, frame)


def test_what_is_kept_with_an_event_is_bounded() -> None:
    frame = PositionsFrame(upserts=(POSITION,), removed=(), as_of=START)
    for number in range(100):
        show = projecting(read(POSITIONS.replace("quantity", f"a{number}: quantity"))).event()
        assert show is not None
        assert f'"a{number}":"5"' in str(shared(show, frame))
    assert len(frame.made) < 20


def test_projections_of_one_document_are_kept_for_few_conditions() -> None:
    names = [f"c{number}" for number in range(4)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: asOf @skip(if: ${name})" for name in names)
    document = read(f"subscription({declared}) {{ positionUpdated {{ t: asOf {fields} }} }}")
    frame = PositionsFrame(upserts=(), removed=(), as_of=START)
    for values in product([True, False], repeat=len(names)):
        variables = dict(zip(names, values, strict=True))
        assert same(document, frame, variables)
    assert len(document._shows) <= 4


def test_a_value_of_another_type_is_told_as_graphql_core_tells_it() -> None:
    document = read("subscription { positionUpdated { upserts { id quantity } } }")
    stranger: Any = HoldingChange(account_id=POSITION.account_id, holding=POSITION.holding)
    frame = PositionsFrame(upserts=(stranger,), removed=(), as_of=START)
    assert not same(document, frame, {})


def test_a_list_that_can_be_read_once_is_left_whole_for_graphql_core() -> None:
    executor = projecting(read("subscription { positionUpdated { upserts { quantity } } }"))
    once: Any = iter([POSITION])
    frame, show = PositionsFrame(upserts=once, removed=(), as_of=START), executor.event()
    assert show is not None
    assert shared(show, frame) is None
    assert orjson.loads(told(executor, frame)) == {
        "data": {"positionUpdated": {"upserts": [{"quantity": "5"}]}}
    }
