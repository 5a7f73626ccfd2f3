"""What a witness printed, read as sightings: the same form for every broker.

A JSON object of four lists, in which each object names its `account` by the institution's number:

- `accounts`: `currency`
- `balances`: `currency`, `cash`
- `positions`: `asset_class` (our word), `symbol`, `quantity` (negative is short), `average_cost`,
  `price`
- `orders`, the open ones: `id`, `submitted_at`, `symbol`, `side`, `leaves_quantity`, `notional`,
  `limit_price`, `stop_price`, `trail_amount`, `trail_percent`

Amounts are decimal strings or null. A field that a witness cannot tell is left out.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from brokers.wire import Row, document, rounded, rows
from domain.account import mask
from domain.errors import Unintelligible
from domain.witness import Said, Sighting, Subject

# By which fields a thing is known.
_KEYS: Mapping[str, tuple[Subject, tuple[str, ...]]] = {
    "accounts": (Subject.ACCOUNT, ("account",)),
    "balances": (Subject.BALANCE, ("currency",)),
    "positions": (Subject.POSITION, ("asset_class", "symbol")),
    "orders": (Subject.ORDER, ("id",)),
}
_WORDS = frozenset({"currency", "symbol", "side"})
_ASIDE = frozenset({"account", "submitted_at"})


def sightings(printed: bytes) -> tuple[Sighting, ...]:
    """All that was seen; Unintelligible if a list is missing or anything cannot be read."""
    testimony = document(printed)
    if not isinstance(testimony, Mapping):
        raise Unintelligible("the testimony is not an object")
    found = [one for name in _KEYS for one in _listed(testimony.get(name), name)]
    names = {(one.subject, one.account, one.key) for one in found}
    if len(names) < len(found):
        raise Unintelligible("the testimony has the same thing twice")
    return tuple(found)


def _listed(value: object, name: str) -> Iterator[Sighting]:
    subject, keys = _KEYS[name]
    for row in rows(value, f"the testimony's {name}"):
        account = mask(row.need_text("account"))
        yield Sighting(
            subject=subject,
            account=account,
            key=account if keys == ("account",) else " ".join(map(row.need_text, keys)),
            said={field: _said(row, field) for field in row if field not in {*keys, *_ASIDE}},
            since=row.moment("submitted_at"),
        )


def _said(row: Row, field: str) -> Said:
    """Null is an answer; what is there and cannot be read is none."""
    if not row.has(field):
        return None
    if field in _WORDS:
        return row.need_text(field)
    number: Decimal | None = rounded(row.text(field))
    if number is None:
        raise Unintelligible(f"the testimony has no readable {field}")
    return number
