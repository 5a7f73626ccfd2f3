"""From a broker's bytes to our values: nothing is guessed, only Unintelligible is raised."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NoReturn, TypeVar

from domain.errors import Unintelligible
from domain.money import EXACT, MAX_DECIMALS, MAX_DIGITS, decimal_of

T = TypeVar("T")

MAX_SAID = 200
MAX_TEXT = 256

_FINEST = Decimal(1).scaleb(-MAX_DECIMALS)

_MARKUP = re.compile(r"<[^<>]{0,1000}>")


def _not_a_number(word: str) -> NoReturn:
    raise ValueError(word)


def document(content: str | bytes) -> object:
    """The JSON that a broker sent, its fractions as Decimal; NaN and infinities are not JSON."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_not_a_number)
    except (ValueError, RecursionError, ArithmeticError):
        pass
    raise Unintelligible("the broker's answer is not JSON")


def clean(text: str, length: int = MAX_TEXT) -> str:
    """Text without anything that does not print, at most `length` characters of it."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text[: length * 8])
    return text[:length].strip()


def said(text: object) -> str:
    """A broker's own words, fit to be shown: no markup, no control characters, 200 at most."""
    if not isinstance(text, str):
        return ""
    bare = _MARKUP.sub(" ", text[: MAX_SAID * 20]).replace("<", " ").replace(">", " ")
    return " ".join(clean(bare, MAX_SAID * 2).split())[:MAX_SAID]


def moment_of(value: object) -> datetime | None:
    """RFC 3339 as UTC, cut to microseconds; None if it is absent, unreadable or has no zone."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def whole(text: str, digits: int) -> int | None:
    """The number that is written in at most so many digits and nothing else, else None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def rounded(value: object) -> Decimal | None:
    """A number with at most 18 decimals, None as for `decimal_of`."""
    try:
        number = Decimal(value) if isinstance(value, str) else value
    except ArithmeticError:
        return None
    if isinstance(number, Decimal) and number.is_finite() and number.adjusted() < MAX_DIGITS:
        finest = number.quantize(_FINEST, context=EXACT)
        # Only what is too fine is rewritten: 249.54 stays as the broker wrote it.
        number = number if finest == number else finest
    return decimal_of(number)


class Row:
    """A JSON object whose fields may be missing, null or of another kind than was promised.

    Whatever cannot be read is None; the `need_` forms raise Unintelligible instead.
    """

    __slots__ = ("_fields", "_what")

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, Mapping):
            raise Unintelligible(f"{what} is not an object")
        self._fields: Mapping[str, object] = value
        self._what = what

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]  # what it holds can be changed

    def text(self, *names: str) -> str | None:
        """The first of these fields that has text in it; so have ids sent as numbers, but not 0."""
        for name in names:
            value = self._fields.get(name)
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                value = str(decimal_of(value) or "")
            if isinstance(value, str) and (text := clean(value)):
                return text
        return None

    def amount(self, *names: str) -> Decimal | None:
        """The first of these fields that is a number we can keep exactly."""
        return self._first(decimal_of, names)

    def figure(self, *names: str) -> Decimal | None:
        """As `amount`, for what a broker worked out: decimals past the eighteenth are rounded off.

        Never for a quantity. Alpaca's cost basis comes with 28 decimals (SDK tests, 2023).
        """
        return self._first(rounded, names)

    def moment(self, *names: str) -> datetime | None:
        """The first of these fields that is a time."""
        return self._first(moment_of, names)

    def flag(self, name: str) -> bool:
        """Whether it is there and true."""
        return self._fields.get(name) is True

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list; whatever else is in it is left out."""
        value = self._fields.get(name)
        return tuple(t for t in value if isinstance(t, str)) if isinstance(value, list) else ()

    def values(self, name: str) -> tuple[object, ...]:
        """The plain values of a list; an absent list is empty."""
        value = self._fields.get(name)
        return tuple(value) if isinstance(value, list) else ()

    def words(self, name: str) -> str:
        """Text that a person is to read, made safe to show."""
        return said(self._fields.get(name))

    def has(self, name: str) -> bool:
        """Whether something was sent by that name."""
        return self._fields.get(name) is not None

    def row(self, name: str) -> "Row | None":
        """An object within this one."""
        value = self._fields.get(name)
        return Row(value, f"{self._what}.{name}") if isinstance(value, Mapping) else None

    def rows(self, name: str) -> tuple["Row", ...]:
        """A list of objects within this one; an absent list is empty, a broken one is not."""
        value = self._fields.get(name)
        return () if value is None else rows(value, f"{self._what}.{name}")

    def need_text(self, *names: str) -> str:
        """As `text`, but it has to be there."""
        return self.text(*names) or self._lacks(names)

    def need_amount(self, *names: str) -> Decimal:
        """As `amount`, but it has to be there."""
        amount = self.amount(*names)
        return self._lacks(names) if amount is None else amount

    def need_row(self, name: str) -> "Row":
        """As `row`, but it has to be there."""
        return self.row(name) or self._lacks((name,))

    def _first(self, read: Callable[[object], T | None], names: Sequence[str]) -> T | None:
        for name in names:
            found = read(self._fields.get(name))
            if found is not None:
                return found
        return None

    def _lacks(self, names: tuple[str, ...]) -> NoReturn:
        raise Unintelligible(f"{self._what} has no readable {names[0]}")


def rows(value: object, what: str) -> tuple[Row, ...]:
    """A list of objects: Unintelligible if it is no list, or if one of them is no object."""
    if not isinstance(value, list):
        raise Unintelligible(f"{what} is not a list")
    return tuple(Row(item, f"{what}[{index}]") for index, item in enumerate(value))
