"""Each rule of the gate against each way round it: all at once, by a replacement, another link."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from decimal import Decimal

import pytest

import sandbox
from domain.errors import ErrorCode, Problem
from domain.instrument import AssetClass, named
from domain.intent import Intent
from domain.risk import Denied, Limits, TradingScope
from tests.trading.orders import hold, market, ours, resting
from tests.trading.rig import ADA, Later, Rig
from trading.drafts import Changes
from trading.wanted import Draft

ONE, NINE = resting(), Changes(quantity=Decimal(9), limit_price=Decimal(2))
Prepare = Callable[[Rig, sandbox.Sandbox, Later], Awaitable[None]]


async def nothing(made: Rig, box: sandbox.Sandbox, clock: Later) -> None:
    """As it is."""


async def sunday(made: Rig, box: sandbox.Sandbox, clock: Later) -> None:
    """New York is closed."""
    now = clock.now().astimezone(UTC)
    next_one = now + timedelta(days=(6 - now.weekday()) % 7 or 7)
    clock.ahead += (next_one.replace(hour=12) - now).total_seconds()


async def at_a_loss(made: Rig, box: sandbox.Sandbox, clock: Later) -> None:
    """Some thousands were lost today."""
    hold(box, 10)
    (account,) = await made.reads.accounts(ADA)
    box.exchange.set_price("AAPL", Decimal(1))
    await made.sync(account)


async def unpriced(made: Rig, box: sandbox.Sandbox, clock: Later) -> None:
    """The broker tells no prices."""
    box.faults.add("error", method="GET", path="/v2/stocks/*", count=0)


def other(draft: Draft) -> Draft:
    """The same of a share whose price has to be asked for."""
    found = named(AssetClass.EQUITY, "MSFT")
    assert found
    return replace(draft, instrument=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a limit denies, as a new order and as new terms of a resting one that was allowed.

    `among` is how many of six orders at once fit, for a limit on all of them together.
    """

    limits: Limits
    draft: Draft
    first: Draft = ONE
    changes: Changes | None = NINE
    prepare: Prepare = nothing
    among: tuple[Limits, int] | None = None


RULES = {
    ErrorCode.RISK_ORDER_QUANTITY: Rule(
        limits=Limits(order_quantity=Decimal(8)), draft=resting(quantity=9)
    ),
    ErrorCode.RISK_ORDER_NOTIONAL: Rule(
        limits=Limits(order_notional=Decimal(2000)), draft=resting(quantity=9)
    ),
    ErrorCode.RISK_ORDER_EQUITY: Rule(
        limits=Limits(order_equity_percent=Decimal(2)), draft=resting(quantity=9)
    ),
    ErrorCode.RISK_POSITION_QUANTITY: Rule(
        limits=Limits(position_quantity=Decimal(8)),
        draft=resting(quantity=9),
        among=(Limits(position_quantity=Decimal(4)), 4),
    ),
    ErrorCode.RISK_POSITION_NOTIONAL: Rule(
        limits=Limits(position_notional=Decimal(2000)),
        draft=resting(quantity=9),
        among=(Limits(position_notional=Decimal(1000)), 4),
    ),
    ErrorCode.RISK_POSITION_EQUITY: Rule(
        limits=Limits(position_equity_percent=Decimal(2)),
        draft=resting(quantity=9),
        among=(Limits(position_equity_percent=Decimal(1)), 4),
    ),
    ErrorCode.RISK_ORDER_RATE: Rule(
        limits=Limits(orders_per_minute=0), draft=ONE, among=(Limits(orders_per_minute=3), 3)
    ),
    ErrorCode.RISK_DAILY_NOTIONAL: Rule(
        limits=Limits(daily_notional=Decimal(2000)),
        draft=resting(quantity=9),
        among=(Limits(daily_notional=Decimal(1000)), 4),
    ),
    ErrorCode.RISK_DAILY_LOSS: Rule(
        limits=Limits(daily_loss=Decimal(100)), draft=ONE, prepare=at_a_loss
    ),
    ErrorCode.RISK_PRICE_COLLAR: Rule(
        limits=Limits(price_collar_percent=Decimal(5)),
        draft=resting(price=300),
        changes=Changes(limit_price=Decimal(300)),
    ),
    ErrorCode.RISK_SYMBOL: Rule(limits=Limits(blocked_symbols=frozenset({"AAPL"})), draft=ONE),
    # A replacement makes no second order.
    ErrorCode.RISK_DUPLICATE: Rule(
        limits=Limits(duplicate_window=timedelta(minutes=1)),
        draft=ONE,
        changes=None,
        among=(Limits(duplicate_window=timedelta(minutes=1)), 1),
    ),
    ErrorCode.RISK_MARKET_HOURS: Rule(
        limits=Limits(market_hours_only=True), draft=ONE, prepare=sunday
    ),
    ErrorCode.RISK_UNPRICED: Rule(
        limits=Limits(position_notional=Decimal(10**9)),
        draft=other(market()),
        first=other(resting()),
        prepare=unpriced,
    ),
}
EACH = pytest.mark.parametrize("code", RULES)
WITH_TERMS = pytest.mark.parametrize("code", [code for code in RULES if RULES[code].changes])
SHARED = pytest.mark.parametrize("code", [code for code in RULES if RULES[code].among])


def test_every_rule_is_tried() -> None:
    assert set(RULES) == {code for code in ErrorCode if code.value.startswith("RISK_")}


async def _place(made: Rig, draft: Draft, key: str) -> Intent | Denied:
    try:
        return await made.place(draft, key)
    except Denied as denied:
        return denied


def _denies(answer: object, code: ErrorCode) -> None:
    assert isinstance(answer, Denied), answer
    (denial,) = answer.denials
    assert denial.code is code
    assert denial.limit
    assert denial.actual


@EACH
async def test_a_second_connection_to_the_account_is_no_way_round(
    made: Rig, box: sandbox.Sandbox, clock: Later, code: ErrorCode
) -> None:
    rule = RULES[code]
    second, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
    assert second.id != account.connection_id
    if code is ErrorCode.RISK_DUPLICATE:
        assert isinstance(await _place(made, rule.first, "first"), Intent)
    await rule.prepare(made, box, clock)
    # A limit of either holds, whichever owns the account.
    for number, connection in enumerate((second.id, account.connection_id)):
        await made.desk.limits.set(ADA, TradingScope.CONNECTION, connection, rule.limits)
        _denies(await _place(made, rule.draft, f"k{number}"), code)
        await made.desk.limits.set(ADA, TradingScope.CONNECTION, connection, Limits())
    assert isinstance(await _place(made, rule.draft, "unlimited"), Intent)


@WITH_TERMS
async def test_a_replacement_is_no_way_round(
    made: Rig, box: sandbox.Sandbox, clock: Later, code: ErrorCode
) -> None:
    rule, account = RULES[code], await made.account()
    placed = await _place(made, rule.first, "first")
    assert isinstance(placed, Intent)
    assert placed.order_id
    box.exchange.work()
    await rule.prepare(made, box, clock)
    await made.desk.limits.set(ADA, TradingScope.ACCOUNT, account, rule.limits)
    assert rule.changes
    with pytest.raises(Problem) as raised:
        await made.desk.orders.replace(ADA, placed.order_id, rule.changes, key="r")
    _denies(raised.value, code)
    assert not [entry for entry in box.log.entries if entry.method == "PATCH"]


@SHARED
async def test_all_at_once_is_no_way_round(
    made: Rig, box: sandbox.Sandbox, code: ErrorCode
) -> None:
    among = RULES[code].among
    assert among
    limits, fitting = among
    await made.desk.limits.set(ADA, TradingScope.ACCOUNT, await made.account(), limits)
    found = await asyncio.gather(*(_place(made, ONE, f"k{number}") for number in range(6)))
    denied = [each for each in found if isinstance(each, Denied)]
    assert len(denied) == 6 - fitting
    for each in denied:
        _denies(each, code)
    assert len(ours(box)) == fitting
