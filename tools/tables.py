"""The parts of the docs that are written by program, each from what the program does."""

from datetime import timedelta
from typing import Any

from pydantic import SecretStr, TypeAdapter

from app.settings import PREFIX, Settings
from tools.broker_tables import brokers, capabilities
from tools.markdown import table


def part(name: str) -> str:
    """The text of a generated part: `settings`, `brokers` or `capabilities NAME`."""
    kind, _, of = name.partition(" ")
    match kind:
        case "settings":
            return settings()
        case "brokers":
            return brokers()
        case "capabilities":
            return capabilities(of)
    raise ValueError(f"no part of the docs is called {name}")


def settings() -> str:
    """Every setting with its default and what it is for."""
    rows = [
        (
            f"`{PREFIX}{name.upper()}`",
            _default(field.get_default(call_default_factory=True)),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]
    return table(("setting", "default", "what it is"), rows)


def _default(value: Any) -> str:
    match value:
        case None | () | {}:
            return ""
        case SecretStr():
            return f"`{value.get_secret_value()}`"
        case timedelta():
            return f"`{TypeAdapter(timedelta).dump_python(value, mode='json')}`"
        case bool():
            return "on" if value else "off"
        case _:
            return f"`{value}`"
