"""What the conformance suite observed of each broker, kept in a file that docs are made from."""

import json
from collections.abc import Mapping
from typing import TypedDict

from domain.capabilities import Capabilities
from tools.offers import Sheet, declared, sheet
from tools.tree import ROOT

KEPT = ROOT / "docs" / "observed.json"


class Traded(TypedDict):
    """Of one asset class: the orders that were taken, and whether it could be sold short."""

    orders: Sheet
    short: bool


class Observed(TypedDict):
    """Of one broker; everything sorted, so that the same is written the same."""

    trades: Mapping[str, Traded]
    preview: str
    replacing: str
    pushes: list[str]


def expected(able: Capabilities) -> Observed:
    """What has to be observed if what is declared is true."""
    return Observed(
        trades={
            one.value: Traded(orders=sheet(declared(one, able)), short=trades.short)
            for one, trades in able.trades.items()
        },
        preview=able.preview.value,
        replacing=able.replacing.value,
        pushes=sorted(one.value for one in able.pushes),
    )


def kept() -> dict[str, Observed]:
    """What was last written, by broker."""
    found: dict[str, Observed] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def keep(found: Mapping[str, Observed]) -> None:
    """Write what was observed of these brokers; what is known of others stays."""
    before = kept() if KEPT.exists() else {}
    text = json.dumps({**before, **found}, indent=1, sort_keys=True)
    KEPT.write_text(f"{text}\n", encoding="utf-8")
