"""Scalars whose values survive JSON: exact decimals, times with a zone, opaque cursors."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NewType

from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition, scalar

from domain.money import decimal_of, plain

Cursor = NewType("Cursor", str)
CurrencyCode = NewType("CurrencyCode", str)

_CURRENCY = re.compile(r"[A-Z0-9]{2,12}")
_LONGEST = 128
# Where the +00:00 of a time in UTC begins.
_UNZONED = -6


def _text(value: object, name: str, example: str) -> str:
    if isinstance(value, str) and len(value) <= _LONGEST:
        return value
    raise GraphQLError(f"{name} is written as a string such as {example}")


def _parse_decimal(value: object) -> Decimal:
    number = decimal_of(_text(value, "Decimal", '"12.50"'))
    if number is None:
        raise GraphQLError(
            "Decimal is finite, with at most 20 digits before the point and 18 after"
        )
    return number


def _show_decimal(value: object) -> str:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise GraphQLError("not a finite Decimal")
    return plain(value)


def _parse_datetime(value: object) -> datetime:
    text = _text(value, "DateTime", '"2026-11-20T14:30:00Z"')
    try:
        moment = datetime.fromisoformat(text)
        if "T" in text and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError('DateTime is RFC 3339 with a zone, such as "2026-11-20T14:30:00Z"')


def _show_datetime(value: object) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise GraphQLError("not a time with a zone")
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.isoformat()[:_UNZONED]}Z"


def _parse_date(value: object) -> date:
    try:
        return date.fromisoformat(_text(value, "Date", '"2026-11-20"'))
    except ValueError:
        raise GraphQLError('Date is written as "2026-11-20"') from None


def _show_date(value: object) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise GraphQLError("not a date")
    return value.isoformat()


def _parse_currency(value: object) -> str:
    text = _text(value, "CurrencyCode", '"USD"')
    if not _CURRENCY.fullmatch(text):
        raise GraphQLError('CurrencyCode is an ISO 4217 code such as "USD", or a coin\'s symbol')
    return text


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: scalar(
        name="Decimal",
        description=(
            "An exact number as a string, in and out, without an exponent: never a float. At most "
            "20 digits before the point and 18 after it."
        ),
        serialize=_show_decimal,
        parse_value=_parse_decimal,
    ),
    datetime: scalar(
        name="DateTime",
        description="A moment by RFC 3339: any zone in, UTC with Z out.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_show_datetime,
        parse_value=_parse_datetime,
    ),
    date: scalar(
        name="Date",
        description="A day, as YYYY-MM-DD.",
        serialize=_show_date,
        parse_value=_parse_date,
    ),
    Cursor: scalar(
        name="Cursor",
        description="An opaque place in a list or a stream: keep it and hand it back.",
        serialize=str,
        parse_value=lambda value: _text(value, "Cursor", "one that was handed out"),
    ),
    CurrencyCode: scalar(
        name="CurrencyCode",
        description="An ISO 4217 code, or the symbol of a coin.",
        serialize=str,
        parse_value=_parse_currency,
    ),
}
