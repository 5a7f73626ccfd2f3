"""What a second reader saw at a broker, set beside what is kept here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.money import EXACT, plain

Said = str | Decimal | None

# Two readings are seconds apart, and a market price moves in them: only this share of it is news.
PRICE = "price"
PRICE_MAY_MOVE = Decimal("0.02")


class Subject(StrEnum):
    """What is compared."""

    ACCOUNT = "account"
    BALANCE = "balance"
    POSITION = "position"
    ORDER = "open order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One thing as one reader saw it; `since` is when the broker says that it began, if it does.

    `account` is the masked number. A field that one side leaves out of `said` is not compared; one
    that is None is.
    """

    subject: Subject
    account: str
    key: str
    said: Mapping[str, Said]
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One disagreement; without a `field` one side has not got it at all.

    `later`: it began after our snapshot was asked for, which could therefore not have it.
    """

    subject: Subject
    account: str
    key: str
    field: str | None = None
    ours: Said = None
    theirs: Said = None
    here: bool = True
    later: bool = False

    def __str__(self) -> str:
        """A line for a person."""
        about = f"{self.account} {self.subject} {self.key}"
        if self.field is not None:
            return f"{about}: {self.field} is {_text(self.ours)} here, {_text(self.theirs)} there"
        if self.here:
            return f"{about}: only here"
        return f"{about}: only there" + (", added after our snapshot" if self.later else "")


def differences(
    ours: Iterable[Sighting], theirs: Iterable[Sighting], as_of: datetime
) -> tuple[Difference, ...]:
    """Every disagreement, in the order of what it is about; `as_of` is when ours was asked for."""
    here, there = _by_name(ours), _by_name(theirs)
    found: list[Difference] = []
    for name in sorted(here.keys() | there.keys()):
        known, seen = here.get(name), there.get(name)
        if known is not None and seen is not None:
            found += _fields(known, seen)
        elif known is not None:
            found.append(_lone(known))
        elif seen is not None:
            later = seen.since is not None and seen.since >= as_of
            found.append(_lone(seen, here=False, later=later))
    return tuple(found)


def _by_name(sightings: Iterable[Sighting]) -> dict[tuple[str, str, str], Sighting]:
    return {(one.account, one.subject, one.key): one for one in sightings}


def _lone(one: Sighting, *, here: bool = True, later: bool = False) -> Difference:
    return Difference(subject=one.subject, account=one.account, key=one.key, here=here, later=later)


def _fields(known: Sighting, seen: Sighting) -> Iterator[Difference]:
    for field in sorted(known.said.keys() & seen.said.keys()):
        ours, theirs = known.said[field], seen.said[field]
        if ours != theirs and not (field == PRICE and _is_near(ours, theirs)):
            yield Difference(
                subject=known.subject,
                account=known.account,
                key=known.key,
                field=field,
                ours=ours,
                theirs=theirs,
            )


def _is_near(ours: Said, theirs: Said) -> bool:
    """Whether a market may have moved from one to the other meanwhile."""
    if not isinstance(ours, Decimal) or not isinstance(theirs, Decimal):
        return False
    moved = abs(EXACT.subtract(ours, theirs))
    return moved <= EXACT.multiply(abs(ours), PRICE_MAY_MOVE)


def _text(said: Said) -> str:
    if said is None:
        return "nothing"
    return plain(said) if isinstance(said, Decimal) else said
