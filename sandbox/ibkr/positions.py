"""What an account holds as the Gateway shows it: with virtual positions in pairs of currencies.

Trading EUR.USD moves cash in both currencies and shows as a position in EUR.USD besides: who adds
positions to cash must leave these out (vendor's page on virtual FX positions, read 2026-11-20).
"""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.account import Account, Holding
from sandbox.exchange import Exchange
from sandbox.ibkr.contracts import Catalog, Contract
from sandbox.instruments import Instrument, Kind
from sandbox.market import Quote
from sandbox.orders import Execution

UNPAID = frozenset({Kind.FUTURE, Kind.CFD})
"""What is not paid for: its gains and losses alone move the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding with its price, in its currency; `average` includes the multiplier."""

    contract: Contract
    quantity: Decimal
    average: Decimal
    price: Decimal
    value: Decimal
    unrealized: Decimal
    daily: Decimal
    """What it gained since yesterday's close."""
    realized: Decimal


class Positions:
    """Those of the accounts of one Gateway."""

    def __init__(self, exchange: Exchange, catalog: Catalog) -> None:
        self._exchange = exchange
        self._catalog = catalog
        self._basis: dict[tuple[str, str], Holding] = {}
        """What was held before the next trade."""
        self._realized: dict[tuple[str, str], Decimal] = {}

    def of(self, account: Account) -> list[Position]:
        """All that is not flat."""
        pairs = [
            symbol
            for (owner, symbol), held in self._basis.items()
            if owner == account.id and self._instrument(symbol).kind is Kind.FX and held.quantity
        ]
        return [self.one(account, symbol) for symbol in (*account.holdings, *pairs)]

    def one(self, account: Account, symbol: str) -> Position:
        """The position in one symbol, flat or not."""
        instrument, held = self._instrument(symbol), self._held(account, symbol)
        quote: Quote = self._exchange.market.quotes[symbol]
        unit = held.quantity * instrument.multiplier
        return Position(
            contract=self._catalog.by_symbol[symbol],
            quantity=held.quantity,
            average=round(held.cost / held.quantity, 8) if held.quantity else Decimal(0),
            price=quote.last,
            value=unit * quote.last,
            unrealized=unit * quote.last - held.cost,
            daily=unit * (quote.last - quote.previous_close),
            realized=self._realized.get((account.id, symbol), Decimal(0)),
        )

    def realized(self, account: Account) -> Decimal:
        """What all trades that closed something have brought, in USD, less commissions."""
        rate = self._exchange.market.rate
        return sum(
            (
                gain * rate(self._instrument(symbol).currency)
                for (owner, symbol), gain in self._realized.items()
                if owner == account.id
            ),
            Decimal(0),
        )

    def traded(self, account: Account, one: Execution) -> Decimal | None:
        """Take note of a trade that was booked; what it realized, None if it closed nothing."""
        key = (account.id, one.symbol)
        signed = one.quantity * one.side.sign
        instrument = self._instrument(one.symbol)
        value = signed * one.price * instrument.multiplier
        before = self._basis.get(key) or self._before(account, one, value)
        self._basis[key] = before.traded(signed, value)
        if before.quantity * signed >= 0:
            return None
        closed = min(abs(signed), abs(before.quantity)) / abs(before.quantity)
        gain = -value * min(Decimal(1), abs(before.quantity / signed)) - before.cost * closed
        self._realized[key] = self._realized.get(key, Decimal(0)) + gain - one.commission
        return gain - one.commission

    def _before(self, account: Account, one: Execution, value: Decimal) -> Holding:
        """What was held before the first trade that the Gateway sees in a symbol."""
        signed = one.quantity * one.side.sign
        if self._instrument(one.symbol).kind is Kind.FX:
            return Holding()
        if account.holding(one.symbol).quantity == signed:
            return Holding()
        held = account.holding(one.symbol)
        return Holding(quantity=held.quantity - signed, cost=held.cost - value)

    def _held(self, account: Account, symbol: str) -> Holding:
        if self._instrument(symbol).kind is Kind.FX:
            return self._basis.get((account.id, symbol), Holding())
        return account.holding(symbol)

    def _instrument(self, symbol: str) -> Instrument:
        return self._exchange.market.instruments[symbol]
