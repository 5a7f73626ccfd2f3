"""What every server is asked to do: one document, one row, one source of marks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

DOCUMENTS = Path(__file__).parent / "documents"

# Each user's holdings, alike for all, so that the peers' rows are the product's rows.
CURRENCY = "USD"
AVERAGE_COST = Decimal("95.25")
PREVIOUS_CLOSE = Decimal("99.50")

# So many microseconds behind, a trial is lost and nothing more is published in it.
HOPELESS = 1_000_000

_PRICES = tuple(Decimal(10_000 + cents).scaleb(-2) for cents in range(1_000))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def document(name: str) -> str:
    """The text of an operation, with the row's fragment where it asks for rows."""
    text, row = (
        (DOCUMENTS / f"{part}.graphql").read_text(encoding="utf-8") for part in (name, "row")
    )
    return f"{text}\n{row}" if "...Row" in text else text


def user_name(index: int) -> str:
    """What the client of this user presents as its token to a peer."""
    return f"user-{index}"


def symbol(index: int) -> str:
    """The instrument at this place in everybody's portfolio."""
    return f"S{index:03d}"


def quantity(index: int) -> Decimal:
    """How much of it each user holds."""
    return Decimal(10 + index) + Decimal("0.5")


def microseconds(moment: datetime) -> str:
    """A moment as the name of what happened then: microseconds after 1970."""
    return str((moment - _EPOCH) // timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of the source: the owner's and the instrument's place, a price, the time due."""

    user: int
    instrument: int
    price: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Marks:
    """An order for marks: `rate` a second, `count` in all, the first due `start` us after 1970.

    A mark bears the time at which it was due, not the time at which a late server made it: whoever
    falls behind shows it as latency.
    """

    rate: float
    count: int
    start: int
    users: int
    positions: int

    def due(self, number: int) -> int:
        """When this mark is due, in microseconds after 1970."""
        return self.start + int(number * 1_000_000 / self.rate)

    def tick(self, number: int) -> Tick:
        """This mark: the users take turns, and so do each one's instruments."""
        return Tick(
            user=number % self.users,
            instrument=number // self.users % self.positions,
            price=_PRICES[number % len(_PRICES)],
            as_of=_EPOCH + timedelta(microseconds=self.due(number)),
        )
