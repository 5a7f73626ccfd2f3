"""The parts of the docs that are written by program, each from what the program does."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pydantic import SecretStr, TypeAdapter

from app.settings import PREFIX, Settings
from brokers import plugins
from domain.capabilities import Capabilities, Evidence, Trades


def part(name: str) -> str:
    """The text of a generated part: `settings`, `brokers` or `capabilities NAME`."""
    kind, _, of = name.partition(" ")
    match kind:
        case "settings":
            return settings()
        case "brokers":
            return brokers()
        case "capabilities":
            return capabilities(plugins()[of].capabilities)
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
    return _table(("setting", "default", "what it is"), rows)


def brokers() -> str:
    """Every broker with what is traded and pushed there."""
    rows = [
        (
            f"[{plugin.title}](docs/brokers/{name}.md)",
            _words(plugin.endpoints),
            _words(plugin.capabilities.trades),
            _words(plugin.capabilities.pushes),
        )
        for name, plugin in sorted(plugins().items())
    ]
    return _table(("broker", "environments", "trades", "pushes"), rows)


def capabilities(able: Capabilities) -> str:
    """What one broker can do, by asset class, with what stands behind each line."""
    rows = [
        (asset_class.value, _orders(trades), _words(trades.classes), _fractions(trades))
        for asset_class, trades in able.trades.items()
    ]
    trades = _table(("asset class", "orders: times in force", "classes", "also"), rows)
    others = [
        ("preview", able.preview.value),
        ("replacing", able.replacing.value),
        ("pushed", _words(able.pushes)),
        ("rate", f"{able.rate.calls} calls in {_seconds(able.rate.per)}"),
        ("poll with an order open", _seconds(able.poll_open_every)),
        ("poll otherwise", _seconds(able.poll_every)),
        ("sync", _seconds(able.sync_every)),
        ("find by our id", "for ever" if able.find_horizon is None else str(able.find_horizon)),
        *((f"proof of {line}", _known(known)) for line, known in able.proof.items()),
    ]
    return f"{trades}\n\n{_table(('', ''), others)}"


def _known(evidence: Evidence) -> str:
    return evidence.proof if evidence.on is None else f"{evidence.proof} ({evidence.on})"


def _orders(trades: Trades) -> str:
    return "; ".join(f"{kind}: {_words(times)}" for kind, times in trades.types.items())


def _fractions(trades: Trades) -> str:
    also = {
        "fractions": trades.fractional,
        "amounts of money": trades.notional,
        "short": trades.short,
        "extended hours": bool(trades.extended_hours),
    }
    return _words(name for name, able in also.items() if able)


def _words(values: Iterable[str]) -> str:
    return ", ".join(sorted(str(value) for value in values)) or "nothing"


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


def _seconds(length: timedelta) -> str:
    for unit, seconds in (("days", 86400), ("minutes", 60)):
        number, rest = divmod(int(length.total_seconds()), seconds)
        if number and not rest:
            return f"{number} {unit}"
    return f"{length.total_seconds():g} seconds"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
