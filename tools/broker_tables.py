"""The tables of what brokers can do, made from what was observed and what else proves it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from brokers import plugins
from brokers.contract import Plugin
from domain.capabilities import UNPROVEN, Capabilities, Evidence, PreviewBy, Proof, Pushed
from tools.markdown import table, words
from tools.observed import Observed, kept

_PLAIN = "PLAIN"
# Under which field a line's proof is declared: `trades.EQUITY.extended_hours.fractional`.
_PROOF = {"FRACTION": "fractional", "MONEY": "notional", "EXTENDED": "extended_hours"}


def brokers() -> str:
    """Every broker with what was seen to be ordered, replaced and pushed there."""
    seen = kept()
    rows = [
        (
            f"[{plugin.title}](docs/brokers/{name}.md)",
            words(plugin.endpoints),
            words(seen[name]["trades"]),
            words(_also(seen[name])),
            _spoken(seen[name]["preview"]),
            _spoken(seen[name]["replacing"]),
            words(seen[name]["pushes"]),
            _proofs(plugin),
        )
        for name, plugin in sorted(plugins().items())
    ]
    head = ("broker", "environments", "orders", "also", "preview", "replacing", "pushed", "proof")
    return table(head, rows)


def capabilities(name: str) -> str:
    """What was seen to be taken by one broker, with what else stands behind each line."""
    able, seen = plugins()[name].capabilities, kept()[name]
    orders = table(
        ("asset class", "what", "orders: how long they live", "proof"), _orders(able, seen)
    )
    return f"{orders}\n\n{table(('what', 'how it is', 'proof'), _others(able, seen))}"


def _orders(able: Capabilities, seen: Observed) -> Iterator[tuple[str, ...]]:
    for asset_class, traded in seen["trades"].items():
        line = f"trades.{asset_class}"
        for row, types in traded["orders"].items():
            path = ".".join([line, *(_PROOF.get(word, word.lower()) for word in row.split())])
            yield asset_class, _spoken(row), _types(types), _proof(able, path, line)
        if traded["short"]:
            yield asset_class, "short", "what is not held can be sold", _proof(able, line)


def _types(types: Mapping[str, list[str]]) -> str:
    """Types that live alike are named together."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for kind, times in types.items():
        alike[tuple(times)].append(_spoken(kind))
    return "; ".join(f"{', '.join(kinds)}: {', '.join(times)}" for times, kinds in alike.items())


def _others(able: Capabilities, seen: Observed) -> Iterator[tuple[str, ...]]:
    estimated = seen["preview"] == PreviewBy.ESTIMATED
    yield "preview", _spoken(seen["preview"]), "ours" if estimated else _proof(able, "preview")
    yield "replacing", _spoken(seen["replacing"]), _proof(able, "replacing")
    for pushed in seen["pushes"]:
        polled = able.asks_for_prices and pushed == Pushed.MARKS
        how = "no: asked for while somebody watches" if polled else "yes"
        yield f"{pushed.lower()} pushed", how, _proof(able, f"pushes.{pushed}")
    rate = f"{able.rate.calls} calls in {_long(able.rate.per)}"
    yield "rate", rate, _proof(able, "rate")
    by = "our id" if able.tells_our_ids else "what it says"
    yield f"found by {by}", _back(able.find_horizon), _proof(able, "find_horizon")
    yield "not found means not placed", _after(able), _proof(able, "absence_settles")
    yield "polled with an order open", f"every {_long(able.poll_open_every)}", "ours"
    yield "polled otherwise", f"every {_long(able.poll_every)}", "ours"
    yield "synced", f"every {_long(able.sync_every)}", "ours"


def _also(seen: Observed) -> Iterable[str]:
    rows = {row for traded in seen["trades"].values() for row in traded["orders"]}
    found = {word.lower() for row in rows for word in row.split()} - {_PLAIN.lower()}
    return found | ({"short"} if any(one["short"] for one in seen["trades"].values()) else set())


def _proofs(plugin: Plugin) -> str:
    """How many lines stand on what."""
    known = [one.proof for one in plugin.capabilities.proof.values()]
    return ", ".join(f"{known.count(kind)} {kind}" for kind in Proof if kind in known)


def _proof(able: Capabilities, *lines: str) -> str:
    """Of the first of these lines that has one."""
    return _told(next((able.proof[line] for line in lines if line in able.proof), UNPROVEN))


def _told(evidence: Evidence) -> str:
    return evidence.proof if evidence.on is None else f"{evidence.proof} ({evidence.on})"


def _back(horizon: timedelta | None) -> str:
    return "for ever" if horizon is None else f"for {_long(horizon)}"


def _after(able: Capabilities) -> str:
    settles = able.absence_settles
    return "never" if settles is None else f"after {_long(settles)}"


def _spoken(word: str) -> str:
    return word.lower().replace("_", " ")


def _long(length: timedelta) -> str:
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        number, rest = divmod(int(length.total_seconds()), seconds)
        if number and not rest:
            return f"{number} {unit}{'s' if number > 1 else ''}"
    seconds_long = length.total_seconds()
    return f"{seconds_long:g} second{'s' if seconds_long != 1 else ''}"
