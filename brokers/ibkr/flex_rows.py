"""One row of a Flex statement: its attributes, its time and what it is about."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from brokers.ibkr import said
from brokers.ibkr.contracts import held_as, instrument_of
from brokers.wire import Row
from domain.errors import Unintelligible
from domain.instrument import Instrument
from domain.money import decimal_of

# Statements are in the time of New York unless the query says otherwise.
NEW_YORK = ZoneInfo("America/New_York")
_DAYS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
_CLOCKS = ("%H%M%S", "%H:%M:%S")


class FlexRow(Row):
    """Attributes; an empty one is not said."""

    def __init__(self, attributes: Mapping[str, str], name: str) -> None:
        super().__init__({key: value for key, value in attributes.items() if value != ""}, name)
        self.given = attributes

    @property
    def fingerprint(self) -> str:
        """A name for what has none: of two rows that say the same, one is a repetition."""
        skipped = {"levelOfDetail", "acctAlias", "model"}
        said_ = sorted((key, value) for key, value in self.given.items() if key not in skipped)
        return hashlib.sha256(repr(said_).encode()).hexdigest()[:32]


def instrument_in(row: FlexRow) -> Instrument | None:
    kind, symbol = row.text("assetCategory"), row.text("symbol")
    if kind is None or symbol is None:
        return None
    expiry = day_of(row.text("expiry") or "")
    contract = said.Contract(
        con_id=int(row.text("conid") or 0),
        symbol=row.text("underlyingSymbol") or symbol if kind in {"OPT", "FOP"} else symbol,
        sec_type=kind,
        last_trade_date=f"{expiry:%Y%m%d}" if expiry else "",
        strike=decimal_of(row.text("strike")),
        right=row.text("putCall") or "",
        multiplier=row.text("multiplier") or "",
        primary_exchange=row.text("listingExchange") or "",
        currency=row.text("currency") or "",
        local_symbol=symbol,
    )
    if kind == "CASH":
        base, _, quote = symbol.partition(".")
        pair = said.Contract(sec_type=kind, symbol=base, currency=quote or contract.currency)
        return instrument_of(pair)
    return held_as(instrument_of(contract))


def moment_in(row: FlexRow) -> datetime:
    names = ("dateTime", "tradeDate", "date", "reportDate")
    for text in filter(None, (row.text(name) for name in names)):
        day, _, clock = text.replace(" ", ";").replace(",", ";").partition(";")
        if (found := day_of(day)) is not None:
            return datetime.combine(found, _clock(clock), NEW_YORK).astimezone(UTC)
    raise Unintelligible("a row of the statement has no readable date")


def day_of(text: str) -> date | None:
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


def _clock(text: str) -> time:
    for form in _CLOCKS:
        try:
            return datetime.strptime(text, form).time()  # noqa: DTZ007 (New York's, as its caller says)
        except ValueError:
            continue
    return time()
