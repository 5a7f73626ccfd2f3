"""What the gate before an order looks at: all that is held, working or unresolved, as one value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.account import Account, AccountValuation
from domain.changes import HoldingChange
from domain.connection import Connection
from domain.ids import AccountId, InstrumentId
from domain.intent import Intent, IntentKind, IntentState
from domain.money import EXACT, ZERO, times
from domain.order import Order, OrderSide
from domain.risk import (
    Denial,
    Exposure,
    Held,
    Limits,
    Part,
    TradingScope,
    TradingState,
    held_back,
    parts,
    reduces,
)
from domain.rules import denials

# The day of daily limits is the market's, whatever the server's zone.
_MARKET = ZoneInfo("America/New_York")
# An order for money without a price may be of any size: nothing is certain to fit beside it.
_ANY_SIZE = Decimal(10) ** 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One scope that an order falls into: whose accounts, what state, what limits."""

    scope: TradingScope
    accounts: frozenset[AccountId]
    state: TradingState = TradingState.ACTIVE
    limits: Limits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A user's accounts of one environment, read under the user's lock.

    `fresh`: the holdings were asked for since whoever reads this began, and no order of the account
    has filled after that, so that a close can be told from a flip. `intents` are the unresolved
    ones and those of the last day.
    """

    now: datetime
    account: Account
    number: str
    connection: Connection
    spans: tuple[Span, ...]
    holdings: tuple[HoldingChange, ...] = ()
    orders: tuple[Order, ...] = ()
    intents: tuple[Intent, ...] = ()
    valuations: Mapping[AccountId, AccountValuation] = field(default_factory=dict)
    fresh: bool = False


class Stale(Exception):
    """Whether it reduces has to be told from a fresh holding: take a snapshot and ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known of prices now: per unit, by what is held."""

    marks: Mapping[InstrumentId, Decimal] = field(default_factory=dict)
    open: bool = True


def verdict(books: Books, intent: Intent, market: Market) -> tuple[Denial, ...]:
    """Every reason not to send it, of all scopes. Raises Stale."""
    own = held(books, frozenset({intent.account_id}), market, besides=intent)
    trades = parts(intent.instrument, intent.terms, intent.legs)
    reducing = reduces(trades, own)
    if _state_matters(books, intent) and not books.fresh:
        raise Stale
    found: list[Denial] = []
    for span in books.spans:
        kept = held_back(_state(span, intent), span.scope, reducing=reducing)
        found += [kept] if kept else []
        if span.limits is not None and intent.kind is not IntentKind.FLATTEN:
            exposure = _exposure(books, span, intent, market)
            found += denials(trades, intent.terms, exposure, span.limits, span.scope)
    return tuple(found)


def blocked(books: Books, intent: Intent) -> tuple[Denial, ...]:
    """What a trading state that changed since says of an intent about to be sent. Raises Stale."""
    if all(_state(span, intent) is TradingState.ACTIVE for span in books.spans):
        return ()
    own = held(books, frozenset({intent.account_id}), Market(), besides=intent)
    reducing = reduces(parts(intent.instrument, intent.terms, intent.legs), own)
    if _state_matters(books, intent) and not books.fresh:
        raise Stale
    found = (held_back(_state(s, intent), s.scope, reducing=reducing) for s in books.spans)
    return tuple(denial for denial in found if denial)


def _state(span: Span, intent: Intent) -> TradingState:
    """A halt that flattens must let its own exits out, and nothing else."""
    if intent.kind is IntentKind.FLATTEN:
        return TradingState.REDUCING
    return span.state


def _state_matters(books: Books, intent: Intent) -> bool:
    exits = intent.kind in {IntentKind.CLOSE, IntentKind.FLATTEN}
    return exits or any(s.state is TradingState.REDUCING for s in books.spans)


def held(
    books: Books, accounts: frozenset[AccountId], market: Market, *, besides: Intent | None = None
) -> dict[InstrumentId, Held]:
    """Per instrument: units held, and units that open orders and unresolved intents may trade."""
    quantities: dict[InstrumentId, Decimal] = {}
    for change in books.holdings:
        if change.account_id in accounts:
            key = change.holding.instrument.held_as
            quantities[key] = EXACT.add(quantities.get(key, ZERO), change.holding.quantity)
    buying: dict[InstrumentId, Decimal] = {}
    selling: dict[InstrumentId, Decimal] = {}
    for part in _reserved(books, accounts, market, besides):
        side = buying if part.side is OrderSide.BUY else selling
        key = part.instrument.held_as
        side[key] = EXACT.add(side.get(key, ZERO), part.quantity or ZERO)
    return {
        key: Held(
            quantity=quantities.get(key, ZERO),
            buying=buying.get(key, ZERO),
            selling=selling.get(key, ZERO),
        )
        for key in {*quantities, *buying, *selling}
    }


def _reserved(
    books: Books, accounts: frozenset[AccountId], market: Market, besides: Intent | None
) -> Iterator[Part]:
    """What may still fill. A replacement on its way reserves the larger of the two orders."""
    pending = [i for i in books.intents if _reserves(i, accounts) and not _same(i, besides)]
    replacing = {intent.replaces: intent for intent in pending if intent.replaces}
    replaced = besides.replaces if besides else None
    for order in books.orders:
        if order.account_id not in accounts or order.status.terminal:
            continue
        largest = {_key(part): part for part in _sized(order, market, order.filled_quantity)}
        rival = replacing.get(order.id)
        for part in _sized(rival, market, order.filled_quantity) if rival else ():
            largest[_key(part)] = max(part, largest.get(_key(part), part), key=_size)
        if order.id != replaced:
            yield from largest.values()
    for intent in pending:
        if intent.replaces is None:
            yield from _sized(intent, market, ZERO)


def _reserves(intent: Intent, accounts: frozenset[AccountId]) -> bool:
    return intent.account_id in accounts and not intent.state.definite


def _same(intent: Intent, other: Intent | None) -> bool:
    return other is not None and intent.id == other.id


def _key(part: Part) -> tuple[InstrumentId, OrderSide]:
    return (part.instrument.held_as, part.side)


def _size(part: Part) -> Decimal:
    return part.quantity or ZERO


def _sized(of: Order | Intent, market: Market, filled: Decimal) -> Iterator[Part]:
    """What of it has not filled; an order for money by what it buys at the mark."""
    for part in parts(of.instrument, of.terms, of.legs):
        quantity = part.quantity
        if quantity is None:
            mark = market.marks.get(part.instrument.held_as)
            quantity = _bought(of.terms.notional, mark, part.instrument.multiplier)
        left = max(ZERO, EXACT.subtract(quantity, filled))
        yield Part(instrument=part.instrument, side=part.side, quantity=left)


def _bought(money: Decimal | None, mark: Decimal | None, multiplier: Decimal) -> Decimal:
    if money is None or mark is None or mark <= 0:
        return _ANY_SIZE
    return EXACT.divide(money, times(mark, multiplier))


def _exposure(books: Books, span: Span, intent: Intent, market: Market) -> Exposure:
    since = books.now - timedelta(minutes=1)
    mine = [i for i in books.intents if i.account_id in span.accounts and i.id != intent.id]
    return Exposure(
        held=held(books, span.accounts, market, besides=intent),
        marks=market.marks,
        notional=intent.notional,
        equity=_equity(books, span.accounts, opening=False),
        opening_equity=_equity(books, span.accounts, opening=True),
        orders_last_minute=sum(1 for i in mine if i.created_at > since),
        notional_today=_notional_today(mine, books.now),
        since_same=_since_same(mine, intent, books.now),
        market_open=market.open,
    )


def _equity(books: Books, accounts: frozenset[AccountId], *, opening: bool) -> Decimal | None:
    """Of all accounts together; None if one of them is not known."""
    result = ZERO
    for account in accounts:
        valuation = books.valuations.get(account)
        if valuation is None:
            return None
        figure = valuation.last_equity if opening else valuation.equity
        if figure is None:
            return None
        result = EXACT.add(result, figure)
    return result


def _notional_today(intents: list[Intent], now: datetime) -> Decimal | None:
    midnight = now.astimezone(_MARKET).replace(hour=0, minute=0, second=0, microsecond=0)
    result = ZERO
    for intent in intents:
        if intent.created_at < midnight or _came_to_nothing(intent):
            continue
        if intent.notional is None:
            return None
        result = EXACT.add(result, intent.notional)
    return result


def _since_same(intents: list[Intent], new: Intent, now: datetime) -> timedelta | None:
    """How long ago the same was last asked of the same account, if it was."""
    if new.kind is not IntentKind.PLACE:
        return None
    same = [
        intent.created_at
        for intent in intents
        if intent.kind is IntentKind.PLACE
        and (intent.account_id, intent.instrument.id, intent.terms, intent.legs)
        == (new.account_id, new.instrument.id, new.terms, new.legs)
        and not _came_to_nothing(intent)
    ]
    return now - max(same) if same else None


def _came_to_nothing(intent: Intent) -> bool:
    return intent.state in {IntentState.REFUSED, IntentState.NOT_PLACED}
