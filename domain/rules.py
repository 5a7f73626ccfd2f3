"""The user's limits, a rule each: what they deny of an order, by how much and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from domain.errors import ErrorCode
from domain.instrument import AssetClass, Instrument
from domain.money import EXACT, plain, times
from domain.order import OrderSide, OrderType, Terms
from domain.risk import Denial, Exposure, Held, Limits, Part, TradingScope, reduces


def denials(
    order_parts: tuple[Part, ...],
    terms: Terms,
    exposure: Exposure,
    limits: Limits,
    scope: TradingScope,
) -> tuple[Denial, ...]:
    """Every limit of this scope that the order would break; an exit is spared what it mends."""
    check = _Check(order_parts, terms, exposure, limits, scope)
    exit_ = reduces(order_parts, exposure.held)
    found = (*check.always(), *(() if exit_ else check.unless_reducing()))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Check:
    """The rules over one order; each yields at most one denial a part."""

    parts: tuple[Part, ...]
    terms: Terms
    exposure: Exposure
    limits: Limits
    scope: TradingScope

    def always(self) -> Iterator[Denial]:
        """What holds for exits too."""
        yield from self._order_size()
        yield from self._pace()
        yield from self._collar()
        limits, exposure = self.limits, self.exposure
        if limits.market_hours_only and not exposure.market_open:
            yield self._deny(ErrorCode.RISK_MARKET_HOURS, "the regular session", "closed")
        if _within(exposure.since_same, limits.duplicate_window):
            yield self._deny(
                ErrorCode.RISK_DUPLICATE,
                f"not again within {limits.duplicate_window}",
                f"the same {exposure.since_same} ago",
            )

    def unless_reducing(self) -> Iterator[Denial]:
        """What would only keep a person from getting out."""
        yield from self._symbols()
        yield from self._positions()
        opening, equity = self.exposure.opening_equity, self.exposure.equity
        if self.limits.daily_loss is not None:
            lost = None if opening is None or equity is None else EXACT.subtract(opening, equity)
            yield from self._at_most(ErrorCode.RISK_DAILY_LOSS, self.limits.daily_loss, lost)

    def _order_size(self) -> Iterator[Denial]:
        limits, exposure = self.limits, self.exposure
        for part in self.parts:
            quantity = part.quantity
            if quantity is None and self.terms.notional is not None:
                quantity = self._units(part, self.terms.notional)
            yield from self._at_most(ErrorCode.RISK_ORDER_QUANTITY, limits.order_quantity, quantity)
        yield from self._money(
            ErrorCode.RISK_ORDER_NOTIONAL, limits.order_notional, exposure.notional
        )
        share = _percent(exposure.notional, exposure.equity)
        yield from self._money(ErrorCode.RISK_ORDER_EQUITY, limits.order_equity_percent, share)

    def _pace(self) -> Iterator[Denial]:
        limits, exposure = self.limits, self.exposure
        if limits.orders_per_minute is not None:
            yield from self._at_most(
                ErrorCode.RISK_ORDER_RATE,
                Decimal(limits.orders_per_minute),
                Decimal(exposure.orders_last_minute + 1),
            )
        known = exposure.notional is not None and exposure.notional_today is not None
        today = EXACT.add(exposure.notional_today, exposure.notional) if known else None  # type: ignore[arg-type]  # both are known then
        yield from self._money(ErrorCode.RISK_DAILY_NOTIONAL, limits.daily_notional, today)

    def _collar(self) -> Iterator[Denial]:
        """A limit on the harmful side of the market: a buy far above it, a sale far below."""
        collar, limit = self.limits.price_collar_percent, self.terms.limit_price
        if collar is None or limit is None or len(self.parts) > 1:
            return
        mark = self.exposure.marks.get(self.parts[0].instrument.held_as)
        if self.terms.type is OrderType.STOP_LIMIT:
            mark = self.terms.stop_price
        if mark is None or mark <= 0:
            yield from self._unpriced()
            return
        beyond = EXACT.subtract(limit, mark)
        if self.terms.side is OrderSide.SELL:
            beyond = EXACT.minus(beyond)
        yield from self._at_most(ErrorCode.RISK_PRICE_COLLAR, collar, _percent(beyond, mark))

    def _symbols(self) -> Iterator[Denial]:
        blocked = frozenset(map(_alike, self.limits.blocked_symbols))
        allowing = self.limits.allowed_symbols
        for part in self.parts:
            names = _names(part.instrument)
            if names & blocked:
                yield self._deny(ErrorCode.RISK_SYMBOL, "blocked", part.instrument.symbol)
            elif allowing is not None and not names & frozenset(map(_alike, allowing)):
                allowed = ", ".join(sorted(allowing)) or "nothing"
                yield self._deny(ErrorCode.RISK_SYMBOL, allowed, part.instrument.symbol)

    def _positions(self) -> Iterator[Denial]:
        for part in self.parts:
            limits, after = self.limits, self._after(part)
            mark = self.exposure.marks.get(part.instrument.held_as)
            known = after is not None and mark is not None
            value = times(after, mark, part.instrument.multiplier) if known else None  # type: ignore[arg-type]  # both are known then
            share = _percent(value, self.exposure.equity)
            for code, limit, actual, money in (
                (ErrorCode.RISK_POSITION_QUANTITY, limits.position_quantity, after, False),
                (ErrorCode.RISK_POSITION_NOTIONAL, limits.position_notional, value, True),
                (ErrorCode.RISK_POSITION_EQUITY, limits.position_equity_percent, share, True),
            ):
                check = self._money if money else self._at_most
                yield from check(code, limit, actual)

    def _after(self, part: Part) -> Decimal | None:
        """The holding's size if this and all that may still fill on its side did."""
        quantity = part.quantity
        if quantity is None and self.terms.notional is not None:
            quantity = self._units(part, self.terms.notional)
        if quantity is None:
            return None
        held = self.exposure.held.get(part.instrument.held_as, Held())
        if part.side is OrderSide.BUY:
            after = EXACT.add(EXACT.add(held.quantity, held.buying), quantity)
        else:
            after = EXACT.subtract(EXACT.subtract(held.quantity, held.selling), quantity)
        return abs(after)

    def _units(self, part: Part, money: Decimal) -> Decimal | None:
        mark = self.exposure.marks.get(part.instrument.held_as)
        if mark is None or mark <= 0:
            return None
        return EXACT.divide(money, times(mark, part.instrument.multiplier))

    def _money(
        self, code: ErrorCode, limit: Decimal | None, actual: Decimal | None
    ) -> Iterator[Denial]:
        """A limit in money says nothing of another currency, so it lets none through."""
        foreign = any(p.instrument.currency != self.limits.currency for p in self.parts)
        yield from self._at_most(code, limit, None if foreign else actual)

    def _at_most(
        self, code: ErrorCode, limit: Decimal | None, actual: Decimal | None
    ) -> Iterator[Denial]:
        if limit is None:
            return
        if actual is None:
            yield from self._unpriced()
        elif actual > limit:
            yield self._deny(code, plain(limit), _short(actual))

    def _unpriced(self) -> Iterator[Denial]:
        yield self._deny(
            ErrorCode.RISK_UNPRICED, f"a price in {self.limits.currency}", "none is known"
        )

    def _deny(self, code: ErrorCode, limit: str, actual: str) -> Denial:
        rule = code.value.removeprefix("RISK_").replace("_", " ").lower()
        message = f"{rule}: {actual}, allowed for this {self.scope.value.lower()}: {limit}"
        return Denial(code=code, scope=self.scope, limit=limit, actual=actual, message=message)


def _names(instrument: Instrument) -> frozenset[str]:
    """Every name under which a limit may mean it, so that no alias slips past."""
    names = {instrument.symbol, instrument.symbol.replace(" ", ""), str(instrument.id)}
    if instrument.asset_class is AssetClass.CRYPTO:
        names.add(instrument.symbol.partition("/")[0])
    if instrument.option is not None:
        names.add(instrument.option.underlying)
    return frozenset(map(_alike, names))


def _alike(name: str) -> str:
    """The same for every spelling: brk b, BRK/B and BRK-B are BRK.B."""
    return _BETWEEN.sub(".", name.strip().upper())


_BETWEEN = re.compile(r"[\s./-]+")


def _percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    if part is None or whole is None or whole <= 0:
        return None
    return EXACT.divide(times(part, Decimal(100)), whole)


def _short(number: Decimal) -> str:
    """At most six decimals: a figure to be read; the comparison was exact."""
    rounded = number.quantize(Decimal("0.000001"), context=EXACT)
    return plain(rounded.normalize(EXACT)) if rounded != number else plain(number)


def _within(since: timedelta | None, window: timedelta | None) -> bool:
    return since is not None and window is not None and since < window
