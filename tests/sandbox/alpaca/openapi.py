"""Judging an answer by the vendor's own specification."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.recordings import RECORDINGS

DEVIATIONS = {
    # Crypto is sent with exchange CRYPTO, as live bodies have it; the enum leaves it out.
    ("exchange", "CRYPTO"),
    # A multi-leg order's head has no instrument and no side, and its legs no type: so the
    # specification's own example of one.
    ("asset_id", ""),
    ("asset_class", ""),
    ("symbol", ""),
    ("side", ""),
    ("type", ""),
}
"""(field, value) pairs that are right though the specification says otherwise."""

_formats = FormatChecker(formats=("uuid",))


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


_formats.checks("date-time", raises=ValueError)(_is_moment)


def violations(document: str, method: str, path: str, status: int, body: Any) -> list[str]:
    """What the specification has against an answer, but for the known deviations."""
    schema = _responses(document)[path][method.lower()]["responses"][str(status)]["content"][
        "application/json"
    ]["schema"]
    root = schema | {"components": _specification(document)["components"]}
    found = Draft202012Validator(root, format_checker=_formats).iter_errors(body)
    return [f"{one.json_path}: {one.message}" for one in found if not _is_known(one)]


def _is_known(error: Any) -> bool:
    field = str(error.absolute_path[-1]) if error.absolute_path else ""
    return isinstance(error.instance, str) and (field, error.instance) in DEVIATIONS


def recorded(name: str) -> Any:
    """A recorded body."""
    return json.loads((RECORDINGS / "alpaca" / name).read_text(encoding="utf-8"))


@cache
def _specification(document: str) -> Any:
    return _with_nulls(recorded(f"openapi/{document}.json"))


def _responses(document: str) -> Any:
    return _specification(document)["paths"]


def _with_nulls(node: Any) -> Any:
    """OpenAPI 3.0's nullable in the words of JSON Schema."""
    if isinstance(node, list):
        return [_with_nulls(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {name: _with_nulls(one) for name, one in node.items()}
    if node.pop("nullable", False) is True and "type" in node:
        node["type"] = [node["type"], "null"]
    return node
