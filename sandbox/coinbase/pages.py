"""Lists that come in pages behind a cursor."""

from collections.abc import Mapping
from typing import Any

from sandbox.coinbase.errors import invalid


def page(
    rows: list[dict[str, Any]],
    query: Mapping[str, str],
    *,
    key: str,
    usual: int,
    most: int,
    at_once: int | None = None,
) -> tuple[list[dict[str, Any]], str]:
    """The page behind the query's `cursor`, which is the `key` of a row; "" is the last page's."""
    behind, limit = query.get("cursor", ""), query.get("limit", str(usual))
    if not limit.isdigit() or int(limit) > most:
        raise invalid(f"limit must be at most {most}")
    names = [row[key] for row in rows]
    if behind and behind not in names:
        raise invalid("invalid cursor")
    start = names.index(behind) + 1 if behind else 0
    found = rows[start : start + min(int(limit) or usual, at_once or most)]
    more = start + len(found) < len(rows)
    return found, str(found[-1][key]) if more else ""
