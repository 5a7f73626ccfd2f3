"""Tables as Markdown has them."""

from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with its head."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def words(values: Iterable[str]) -> str:
    """A list in a cell, always in the same order."""
    return ", ".join(sorted(str(value) for value in values)) or "nothing"
