"""The documents and the marks that all servers share."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from graphql import build_schema, parse, validate

from bench.peers.control import Scale, scale
from bench.workload import DOCUMENTS, Marks, document
from graph.schema import build


@pytest.mark.parametrize("name", ["subscription", "paced", "unlimited", "query", "orders"])
def test_the_documents_are_good_ones_for_the_product(name: str) -> None:
    assert validate(build(), parse(document(name))) == []


@pytest.mark.parametrize("name", ["subscription", "query"])
def test_the_documents_are_good_ones_for_the_peers(name: str) -> None:
    schema = build_schema((DOCUMENTS / "schema.graphql").read_text())
    assert validate(schema, parse(document(name))) == []


def test_marks_are_spread_evenly_over_users_and_over_each_ones_instruments() -> None:
    marks = Marks(rate=100, count=60, start=0, users=3, positions=5)
    ticks = [marks.tick(number) for number in range(marks.count)]
    assert set(Counter(tick.user for tick in ticks).values()) == {20}
    assert set(Counter((tick.user, tick.instrument) for tick in ticks).values()) == {4}


def test_a_mark_bears_the_time_at_which_it_was_due() -> None:
    marks = Marks(rate=4, count=8, start=1_000_000, users=1, positions=1)
    assert marks.tick(2).as_of == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


def test_a_server_has_the_scale_that_it_is_asked_for() -> None:
    assert scale(["--users", "7", "--positions", "9"]) == Scale(users=7, positions=9)
