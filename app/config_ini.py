"""The config.ini of the system before this one, read as it is: the weakest source of settings."""

from collections.abc import Mapping
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import Any

# What its keys mean here; the file knows one broker only.
_PLACES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("DEFAULT", "CONSUMER_KEY"): ("apps", "etrade", "consumer_key"),
    ("DEFAULT", "CONSUMER_SECRET"): ("apps", "etrade", "consumer_secret"),
    ("DEFAULT", "SANDBOX_BASE_URL"): ("endpoints", "etrade", "sandbox", "api"),
    ("DEFAULT", "PROD_BASE_URL"): ("endpoints", "etrade", "live", "api"),
    ("AI_SERVICES", "AUTO_TRADING_ENABLED"): ("auto_trading_enabled",),
    ("AI_SERVICES", "AI_CONFIDENCE_THRESHOLD"): ("ai_confidence_threshold",),
}


def read_config_ini(path: Path) -> dict[str, Any]:
    """The settings in the file by name, nested; empty if there is no such file.

    A value that still says `your_...` was never filled in and counts as unset. A percent sign is
    itself. Raises ValueError, naming the file and the line but no value, if it is no ini file.
    """
    parser = RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (Error, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None) or "unknown"
        raise ValueError(f"{path} is not an ini file (line {line})") from None
    found: dict[str, Any] = {}
    for (section, key), place in _PLACES.items():
        value = parser.get(section, key, fallback="").strip()
        if value and not value.startswith("your_"):
            _put(found, place, value)
    return found


def _put(tree: dict[str, Any], place: tuple[str, ...], value: str) -> None:
    *folders, name = place
    for folder in folders:
        tree = tree.setdefault(folder, {})
    tree[name] = value
