"""JSON in which a Decimal is a number, exactly, both ways."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    """Write JSON text; a Decimal becomes a number with all its digits."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(k)}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)


def loads(text: str | bytes) -> Any:
    """Read JSON text; numbers with a fraction become Decimals. Raises ValueError."""
    return json.loads(text, parse_float=Decimal)


def plain(value: Decimal) -> str:
    """The digits, without exponent and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
