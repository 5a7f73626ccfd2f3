"""What one currency is worth in another, by whom and as of when; what nobody told is not known."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum

from domain.holding import Mark
from domain.instrument import AssetClass
from domain.money import EXACT, MINOR_UNITS, decimal_of, finest, times

_ONE = Decimal(1)
_PAIR = re.compile(r"([A-Za-z0-9]{2,12})/([A-Za-z0-9]{2,12})")


class RateSource(StrEnum):
    """Who says so."""

    BROKER = "BROKER"
    ECB = "ECB"
    SETTING = "SETTING"
    SAME = "SAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One unit of `currency` is `rate` units of `base`; `as_of` None where it is so by definition.

    A minor unit (GBX) has its hundredth in the rate.
    """

    currency: str
    base: str
    rate: Decimal
    source: RateSource
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRates:
    """The European Central Bank's: units of each currency for one euro."""

    day: date
    per_euro: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a server knows of currencies besides its brokers: by settings, nothing unless set.

    `dollar_coins` are coins (USDC) that whoever runs the server takes for a dollar each.
    """

    reference: ReferenceRates | None = None
    dollar_coins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rates:
    """A look-up; a broker's own rate goes before the reference rate."""

    money: Money
    told: Mapping[tuple[str, str], tuple[Decimal, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, money: Money, marks: Iterable[Mark]) -> "Rates":
        """From the prices of currency pairs and of coins that brokers told; the newest wins."""
        told: dict[tuple[str, str], tuple[Decimal, datetime]] = {}
        for mark in marks:
            pair = _pair(mark)
            if pair is None or mark.price <= 0:
                continue
            if pair not in told or told[pair][1] < mark.as_of:
                told[pair] = (mark.price, mark.as_of)
        return cls(money, told)

    @staticmethod
    def tells(mark: Mark) -> bool:
        """Whether a price is a rate too."""
        return _pair(mark) is not None

    def rate(self, currency: str, base: str) -> Rate | None:
        """Units of `base` for one of `currency`, None if nobody told."""
        major, share = MINOR_UNITS.get(currency, (currency, _ONE))
        found = next(self._known(major, base), None)
        if found is None:
            return None
        return Rate(
            currency=currency,
            base=base,
            rate=finest(times(found.rate, share)),
            source=found.source,
            as_of=found.as_of,
        )

    def _known(self, currency: str, base: str) -> Iterator[Rate]:
        if currency == base:
            yield Rate(currency=currency, base=base, rate=_ONE, source=RateSource.SAME)
        one, other = self._dollar(currency), self._dollar(base)
        if one == other:
            yield Rate(currency=currency, base=base, rate=_ONE, source=RateSource.SETTING)
        yield from self._by_brokers(one, other)
        yield from self._by_reference(one, other)

    def _by_brokers(self, currency: str, base: str) -> Iterator[Rate]:
        if direct := self.told.get((currency, base)):
            yield _broker_rate(currency, base, direct[0], direct[1])
        if inverse := self.told.get((base, currency)):
            yield _broker_rate(currency, base, EXACT.divide(_ONE, inverse[0]), inverse[1])

    def _by_reference(self, currency: str, base: str) -> Iterator[Rate]:
        reference = self.money.reference
        if reference is None:
            return
        one, other = (reference.per_euro.get(each) for each in (currency, base))
        if one and other:
            day = datetime.combine(reference.day, time(), UTC)
            rate = EXACT.divide(other, one)
            yield Rate(currency=currency, base=base, rate=rate, source=RateSource.ECB, as_of=day)

    def _dollar(self, currency: str) -> str:
        return "USD" if currency in self.money.dollar_coins else currency


def reference_rates(text: str) -> ReferenceRates | None:
    """The day and the rates in the ECB's daily file (eurofxref-daily.xml); None if it is none."""
    dated = _DAY.search(text)
    found = {code: decimal_of(rate) for code, rate in _RATE.findall(text)}
    rates = {code: rate for code, rate in found.items() if rate is not None and rate > 0}
    if dated is None or not rates:
        return None
    try:
        day = date.fromisoformat(dated[1])
    except ValueError:
        return None
    return ReferenceRates(day=day, per_euro={"EUR": _ONE, **rates})


_DAY = re.compile(r"""<Cube\s+time=["'](\d{4}-\d{2}-\d{2})["']""")
_RATE = re.compile(r"""<Cube\s+currency=["']([A-Z]{3})["']\s+rate=["']([0-9.]{1,20})["']""")


def _pair(mark: Mark) -> tuple[str, str] | None:
    """What a mark is a rate of: a coin in its currency, or a currency pair."""
    kind, _, rest = mark.instrument_id.partition(":")
    if kind == AssetClass.CRYPTO.value and "/" not in rest:
        return rest, mark.currency
    matched = _PAIR.match(rest) if kind == AssetClass.FX.value else None
    return (matched[1], matched[2]) if matched else None


def _broker_rate(currency: str, base: str, rate: Decimal, as_of: datetime) -> Rate:
    return Rate(currency=currency, base=base, rate=rate, source=RateSource.BROKER, as_of=as_of)
