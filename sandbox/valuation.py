"""What an account is worth and how much more it may buy, in USD."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sandbox import family, matching
from sandbox.account import Account
from sandbox.instruments import Kind
from sandbox.market import Market
from sandbox.orders import Order, Side

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """An account at the market's last prices; requirement is equity that positions tie up."""

    cash: Decimal
    long_value: Decimal
    short_value: Decimal
    requirement: Decimal
    reserved: Decimal
    margin: Decimal

    @property
    def equity(self) -> Decimal:
        """Cash and positions together."""
        return self.cash + self.long_value + self.short_value

    @property
    def free(self) -> Decimal:
        """Equity that neither positions nor open orders tie up: it buys what takes no margin."""
        return max(self.equity - self.requirement - self.reserved, ZERO)

    @property
    def buying_power(self) -> Decimal:
        """What it buys of instruments that take margin."""
        return self.free * self.margin


def value(account: Account, market: Market) -> Valuation:
    """Value the account."""
    values = {symbol: _market_value(account, market, symbol) for symbol in account.holdings}
    return Valuation(
        cash=cash(account, market),
        long_value=sum((one for one in values.values() if one > 0), ZERO),
        short_value=sum((one for one in values.values() if one < 0), ZERO),
        requirement=_requirement(account, market, values),
        reserved=sum((required(account, market, order) for order in _waiting(account)), ZERO),
        margin=account.margin,
    )


def cash(account: Account, market: Market) -> Decimal:
    """The cash in all currencies."""
    return sum(
        (amount * market.rate(currency) for currency, amount in account.foreign.items()),
        account.cash,
    )


def available(account: Account, symbol: str, *, ignoring: str | None = None) -> Decimal:
    """The held quantity that no open order of the closing side ties up; at least zero."""
    held = account.holding(symbol).quantity
    closing = Side.SELL if held > 0 else Side.BUY
    tied = sum(
        (
            order.leaves
            for order in _waiting(account)
            if order.ticket.symbol == symbol
            and order.ticket.side is closing
            and order.id != ignoring
        ),
        ZERO,
    )
    return max(abs(held) - tied, ZERO)


def required(account: Account, market: Market, order: Order) -> Decimal:
    """The equity that the part of an order that adds exposure ties up."""
    ticket = order.ticket
    if ticket.symbol not in market.instruments:
        return ZERO
    instrument = market.instruments[ticket.symbol]
    if ticket.cash_quantity is not None:
        amount = ticket.cash_quantity if order.live else ZERO
    else:
        held = account.holding(ticket.symbol).quantity * ticket.side.sign
        adding = max(order.leaves + min(held, ZERO), ZERO)
        amount = adding * reference_price(market, order) * instrument.multiplier
        amount *= market.rate(instrument.currency)
    return amount / leverage(account, instrument.kind)


def reference_price(market: Market, order: Order) -> Decimal:
    """The price an order is reckoned at before it fills."""
    quote = market.quotes[order.ticket.symbol]
    ticket = order.ticket
    return ticket.limit_price or ticket.stop_price or matching.touch(quote, ticket)


def _waiting(account: Account) -> list[Order]:
    return [one for one in account.live_orders() if family.holds_quantity(account, one)]


_LEVERAGE = {Kind.FUTURE: Decimal(10), Kind.FX: Decimal(30), Kind.CFD: Decimal(5)}


def leverage(account: Account, kind: Kind) -> Decimal:
    """How many times the equity it ties up it may be worth."""
    if kind in {Kind.EQUITY, Kind.ABROAD}:
        return account.margin
    return _LEVERAGE.get(kind, Decimal(1))


def _requirement(account: Account, market: Market, values: Mapping[str, Decimal]) -> Decimal:
    return sum(
        (
            abs(one) / leverage(account, market.instruments[symbol].kind)
            for symbol, one in values.items()
        ),
        ZERO,
    )


def _market_value(account: Account, market: Market, symbol: str) -> Decimal:
    instrument = market.instruments[symbol]
    price = market.quotes[symbol].last * instrument.multiplier * market.rate(instrument.currency)
    return account.holdings[symbol].quantity * price
