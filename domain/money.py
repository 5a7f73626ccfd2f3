"""Exact numbers: how a Decimal is read, bounded and written, and what a currency is."""

from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation
from functools import reduce

# Wide enough for an 18-decimal quantity times a nine-digit price.
EXACT = Context(prec=60)

ZERO = Decimal(0)
MAX_DIGITS = 38
MAX_DECIMALS = 18
_FINEST = Decimal(1).scaleb(-MAX_DECIMALS)

# Prices quoted in a hundredth of a currency: London pence, Johannesburg cents, Tel Aviv agorot.
MINOR_UNITS: Mapping[str, tuple[str, Decimal]] = {
    "GBX": ("GBP", Decimal("0.01")),
    "GBp": ("GBP", Decimal("0.01")),
    "ZAc": ("ZAR", Decimal("0.01")),
    "ZAC": ("ZAR", Decimal("0.01")),
    "ILA": ("ILS", Decimal("0.01")),
}


def decimal_of(value: object) -> Decimal | None:
    """The finite, bounded Decimal that a wire value stands for, or None: never an exception.

    A bool, a float, NaN, an infinity and anything with more digits than any broker sends are None:
    unknown is honest, a rounded amount is not.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except (InvalidOperation, ValueError):
        return None
    return number if is_bounded(number) else None


def is_bounded(number: Decimal) -> bool:
    """Whether it is finite and fits 38 digits with 18 decimals, which is what the store keeps."""
    if not number.is_finite():
        return False
    if number.adjusted() >= MAX_DIGITS - MAX_DECIMALS:
        return False
    # Trailing zeros are not precision: 1.000 has no decimals.
    return number == 0 or number == number.quantize(_FINEST, context=EXACT)


def plain(number: Decimal) -> str:
    """Digits without an exponent, which every client can read: 1E-10 is 0.0000000001."""
    digits = str(number)
    # Formatting takes thrice as long, and is only needed where there is an exponent.
    return format(number, "f") if "E" in digits else digits


def times(first: Decimal, *others: Decimal) -> Decimal:
    """The exact product of bounded factors."""
    return reduce(EXACT.multiply, others, first)


def finest(number: Decimal) -> Decimal:
    """With at most 18 decimals, so that sums of such are exact; an absurd figure stays as it is."""
    if number.adjusted() >= MAX_DIGITS:
        return number
    rounded = number.quantize(_FINEST, context=EXACT)
    # Only what is too fine is rewritten: 249.54 stays as it was written.
    return number if rounded == number else rounded


def total(parts: "list[Decimal]") -> Decimal:
    """The exact sum: equal to its parts to the last decimal."""
    result = ZERO
    for part in parts:
        result = EXACT.add(result, part)
    return result
