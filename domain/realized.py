"""What was gained by selling, at average cost, from the books alone; fees are booked apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from domain.ids import AccountId, InstrumentId
from domain.instrument import Instrument
from domain.money import EXACT, ZERO, finest, times, total
from domain.rates import Rates
from domain.transaction import TransactionChange, TransactionStatus, TransactionType

_TRADES = frozenset({TransactionType.BUY, TransactionType.SELL})
_UNCOUNTED = frozenset({TransactionStatus.PENDING, TransactionStatus.CANCELED})
Key = tuple[AccountId, InstrumentId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Realized in one instrument of an account, in the currency that it was traded in."""

    account_id: AccountId
    instrument: Instrument
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowable:
    """Units came or went at a cost that the books do not tell, so the gain is not known."""

    account_id: AccountId
    instrument: Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Realized:
    """`pnl` in the base currency at today's rates; without what is `left_out`."""

    base: str
    pnl: Decimal
    left_out: tuple[Unknowable, ...]


@dataclass(slots=True)
class _Lot:
    """All units of an instrument at one average; both signed alike, negative is short."""

    instrument: Instrument
    currency: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    gained: Decimal = ZERO
    known: bool = True

    def trade(self, quantity: Decimal, amount: Decimal) -> None:
        """Units and cash, signed into the account: what closes gains, the rest opens."""
        if not self.quantity or (self.quantity > 0) is (quantity > 0):
            self.quantity = EXACT.add(self.quantity, quantity)
            self.cost = EXACT.subtract(self.cost, amount)
            return
        closing = min(abs(quantity), abs(self.quantity)).copy_sign(quantity)
        received = EXACT.divide(times(amount, closing), quantity)
        given_up = EXACT.divide(times(self.cost, closing), self.quantity)
        self.gained = EXACT.add(self.gained, EXACT.add(received, given_up))
        self.quantity = EXACT.add(self.quantity, closing)
        self.cost = EXACT.add(self.cost, given_up) if self.quantity else ZERO
        rest = EXACT.subtract(quantity, closing)
        if rest:
            self.trade(rest, EXACT.subtract(amount, received))

    def expire(self) -> None:
        """Worth nothing any more."""
        self.gained = EXACT.subtract(self.gained, self.cost)
        self.quantity = self.cost = ZERO


class Books:
    """Takes an account's transactions oldest first, a few at a time."""

    def __init__(self) -> None:
        self._lots: dict[Key, _Lot] = {}

    def take(self, booked: Iterable[TransactionChange]) -> None:
        """What counts and moves units."""
        for change in booked:
            one = change.transaction
            moves = one.instrument is not None and (
                one.quantity is not None or one.type is TransactionType.EXPIRATION
            )
            if moves and one.status not in _UNCOUNTED:
                self._move(change)

    def _move(self, change: TransactionChange) -> None:
        one = change.transaction
        if one.instrument is None:
            return
        key = (change.account_id, one.instrument.id)
        lot = self._lots.setdefault(key, _Lot(one.instrument, one.currency))
        if one.type in _TRADES and one.amount is not None and one.quantity:
            lot.known = lot.known and lot.currency == one.currency
            lot.trade(one.quantity, one.amount)
        elif one.type is TransactionType.SPLIT and one.quantity is not None:
            lot.quantity = EXACT.add(lot.quantity, one.quantity)
        elif one.type is TransactionType.EXPIRATION:
            lot.expire()
        else:
            lot.known = False

    def gains(self) -> tuple[Gain, ...]:
        """Of each instrument whose costs are all known, to 18 decimals."""
        return tuple(
            Gain(
                account_id=key[0],
                instrument=lot.instrument,
                currency=lot.currency,
                amount=finest(lot.gained),
            )
            for key, lot in self._lots.items()
            if lot.known and lot.gained
        )

    def unknowable(self) -> tuple[Unknowable, ...]:
        """The others."""
        return tuple(
            Unknowable(account_id=key[0], instrument=lot.instrument)
            for key, lot in self._lots.items()
            if not lot.known
        )


def realized(books: Books, rates: Rates, base: str) -> Realized:
    """Gains as one figure; what has no rate is left out, and listed."""
    known: list[Decimal] = []
    left_out = list(books.unknowable())
    for gain in books.gains():
        rate = rates.rate(gain.currency, base)
        if rate is None:
            left_out.append(Unknowable(account_id=gain.account_id, instrument=gain.instrument))
        else:
            known.append(finest(times(gain.amount, rate.rate)))
    return Realized(base=base, pnl=total(known), left_out=tuple(left_out))
