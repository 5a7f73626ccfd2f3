"""Ids that sort by when they were made."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import ordered_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(days=365), timedelta(days=365 * 5_000)).map(EPOCH.__add__)


@given(moments)
def test_it_is_a_uuid_of_version_7_that_says_when(at: datetime) -> None:
    made = UUID(ordered_id(at))
    assert (made.version, made.variant) == (7, RFC_4122)
    assert EPOCH + timedelta(milliseconds=made.int >> 80) == at - timedelta(
        microseconds=at.microsecond % 1000
    )


@given(moments, st.integers(min_value=1, max_value=10**9))
def test_a_later_one_sorts_later(at: datetime, later: int) -> None:
    assert ordered_id(at) < ordered_id(at + timedelta(milliseconds=later))


def test_no_two_of_one_moment_are_alike() -> None:
    assert len({ordered_id(EPOCH) for _ in range(10_000)}) == 10_000
