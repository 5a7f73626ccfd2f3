"""What was recorded of real brokers: it lies beside the project and is no part of it."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import pytest

Body = TypeVar("Body")

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recorded"
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.parent.exists(), reason="the recorded data is not beside the project"
)


def reader_of(
    name: str, readers: Iterable[tuple[str, Callable[[Body], object]]]
) -> Callable[[Body], object]:
    """The first whose pattern a file's name fits; a file that nobody reads is a failure."""
    named = [reader for pattern, reader in readers if fnmatchcase(name, pattern)]
    assert named, f"no reader is named for {name}"
    return named[0]
