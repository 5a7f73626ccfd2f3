"""A collection of garbage does not look at what was loaded before the server served."""

import gc
from collections.abc import Iterator

import pytest

from app.lasting import settle


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_is_there_is_never_looked_at_again() -> None:
    there: list[list[object]] = [[] for _ in range(1_000)]

    settle()

    assert gc.get_freeze_count() > len(there)
    assert len(gc.get_objects()) < len(there)


def test_what_comes_later_is_still_collected() -> None:
    settle()
    ring: list[object] = []
    ring.append(ring)
    del ring

    assert gc.collect() >= 1
