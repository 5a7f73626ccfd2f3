"""SQL for what happens with every event, made once, in PostgreSQL's words (see engines)."""

from collections.abc import Sequence
from datetime import datetime


def insert(
    table: str, columns: Sequence[str], *, unless: Sequence[str] = (), then: Sequence[str] = ()
) -> str:
    """Add a row; where one has the same `unless`, set the columns in `then`, or leave it alone."""
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    sql = f"INSERT INTO {_name(table)} ({_names(columns)}) VALUES ({places})"  # noqa: S608 (our names)
    if not unless:
        return sql
    changes = ", ".join(f"{_name(column)} = EXCLUDED.{_name(column)}" for column in then)
    action = f"UPDATE SET {changes}" if changes else "NOTHING"
    return f"{sql} ON CONFLICT ({_names(unless)}) DO {action}"


def moment(kept: datetime | str) -> datetime:
    """A time as either engine gives it."""
    return kept if isinstance(kept, datetime) else datetime.fromisoformat(kept)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(_name, columns))


def _name(word: str) -> str:
    return f'"{word}"'
