"""All that a person owns as one figure in one currency, and the parts that it is the sum of."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.account import Account, Environment
from domain.ids import AccountId, InstrumentId
from domain.instrument import Instrument
from domain.money import EXACT, total
from domain.rates import Rate, Rates

_SHARE = Decimal("0.000001")
CASH = "CASH"


class LeftOutReason(StrEnum):
    """Why something is not in a figure.

    NO_PRICE and NO_RATE are in none; NO_PREVIOUS_CLOSE is not in the day change, NO_COST not in the
    profit; DISCONNECTED are accounts that nobody keeps current any more, in none.
    """

    NO_PRICE = "NO_PRICE"
    NO_RATE = "NO_RATE"
    NO_PREVIOUS_CLOSE = "NO_PREVIOUS_CLOSE"
    NO_COST = "NO_COST"
    DISCONNECTED = "DISCONNECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What is not in a figure and why; without an instrument it is cash of the currency.

    `amount` is units of the instrument, or cash; None for an account as a whole.
    """

    account_id: AccountId
    reason: LeftOutReason
    currency: str
    instrument: Instrument | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Cash or a position of one account, in its own currency and in the base currency.

    Base figures have at most 18 decimals; None is not known.
    """

    account: Account
    currency: str
    amount: Decimal
    worth: Decimal
    value: Decimal
    instrument: Instrument | None = None
    day_change: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """All parts that have something in common; `share` of the total, None if that is not above 0.

    `key` is a broker, an account id, an asset class or CASH, a currency, an instrument id or CASH.
    """

    key: str
    value: Decimal
    share: Decimal | None
    instrument: Instrument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Sums over `parts`: `value` of all, the others of those where the figure is known.

    None where there are positions and it is known of none of them. `accounts` are those added up.
    """

    base: str
    environments: frozenset[Environment]
    as_of: datetime
    parts: tuple[Part, ...]
    value: Decimal
    cash: Decimal
    day_change: Decimal | None
    unrealized_pnl: Decimal | None
    rates: tuple[Rate, ...]
    left_out: tuple[LeftOut, ...]
    known_rates: Rates = field(repr=False)
    accounts: frozenset[AccountId]

    @property
    def oldest_price_at(self) -> datetime | None:
        """When the oldest price in it was made; None if nothing in it has a price."""
        return min((part.as_of for part in self.parts if part.as_of), default=None)

    @property
    def by_broker(self) -> tuple[Slice, ...]:
        """Largest first, as all of these."""
        return self._slices(lambda part: part.account.broker)

    @property
    def by_account(self) -> tuple[Slice, ...]:
        """By account id."""
        return self._slices(lambda part: part.account.id)

    @property
    def by_asset_class(self) -> tuple[Slice, ...]:
        """Cash is a class of its own."""
        return self._slices(
            lambda part: part.instrument.asset_class.value if part.instrument else CASH
        )

    @property
    def by_currency(self) -> tuple[Slice, ...]:
        """By what each part is in before it was converted."""
        return self._slices(lambda part: part.currency)

    @property
    def by_instrument(self) -> tuple[Slice, ...]:
        """The same instrument in several accounts is one; cash of all currencies too."""
        named = {part.instrument.id: part.instrument for part in self.parts if part.instrument}
        slices = self._slices(lambda part: part.instrument.id if part.instrument else CASH)
        return tuple(replace(each, instrument=named.get(InstrumentId(each.key))) for each in slices)

    def _slices(self, key: Callable[[Part], str]) -> tuple[Slice, ...]:
        groups: dict[str, list[Decimal]] = {}
        for part in self.parts:
            groups.setdefault(key(part), []).append(part.value)
        sums = {name: total(values) for name, values in groups.items()}
        ordered = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
        return tuple(
            Slice(key=name, value=value, share=self._share(value)) for name, value in ordered
        )

    def _share(self, value: Decimal) -> Decimal | None:
        if self.value <= 0:
            return None
        return EXACT.divide(value, self.value).quantize(_SHARE, context=EXACT)
