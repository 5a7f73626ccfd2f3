"""What a subscription keeps of events that were told."""

from collections.abc import AsyncIterator
from typing import Any

from graphql import ExecutionResult, Executor, build_schema, parse, subscribe

from graph.executor import EventExecutor

SCHEMA = build_schema("""
    type Query { none: Int }
    type Subscription { told: Told! }
    type Told { words: [Word!]! }
    type Word { text: String! }
""")


async def _kept(executor: type[Executor[Any]], events: int) -> int:
    """Memos of collected fields that the subscription holds after so many events."""
    made: list[Executor[Any]] = []

    class Seen(executor):  # type: ignore[misc, valid-type]  # the class is the test's parameter
        def build_per_event_executor(self, payload: object) -> Executor[Any]:
            made.append(super().build_per_event_executor(payload))
            return made[-1]

    async def source() -> AsyncIterator[dict[str, object]]:
        for _ in range(events):
            yield {"told": {"words": [{"text": "a"}, {"text": "b"}]}}

    stream = subscribe(
        SCHEMA,
        parse("subscription { told { words { text } } }"),
        subscribe_field_resolver=lambda *_: source(),
        executor_class=Seen,
    )
    results = await stream if not isinstance(stream, ExecutionResult | AsyncIterator) else stream
    assert isinstance(results, AsyncIterator)
    assert [result.data async for result in results] == [
        {"told": {"words": [{"text": "a"}, {"text": "b"}]}}
    ] * events
    return len(made[-1]._relevant_sub_fields)


async def test_nothing_of_an_event_is_kept_for_the_next() -> None:
    assert await _kept(EventExecutor, 2) == await _kept(EventExecutor, 20)


async def test_graphql_core_alone_still_keeps_each_so_that_our_executor_is_needed() -> None:
    assert await _kept(Executor, 20) > await _kept(Executor, 2)
