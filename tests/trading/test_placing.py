"""One key, at most one order, and none that cannot be taken."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

import sandbox
from domain.connection import ConnectionState, Permission
from domain.errors import ErrorCode, Problem
from domain.instrument import AssetClass, named
from domain.intent import IntentState
from domain.order import OrderType
from domain.risk import Denied, Limits, TradingScope
from tests.trading.orders import PATH, market, ours, refused, resting
from tests.trading.rig import ADA, Rig
from tests.waiting import until
from trading.drafts import Changes


async def test_an_order_is_placed_and_is_here_at_once(made: Rig, box: sandbox.Sandbox) -> None:
    intent = await made.place(market())
    assert intent.state is IntentState.PLACED
    assert intent.order_id
    order = await made.reads.order(ADA, intent.order_id)
    assert order
    assert order.client_order_id == intent.client_order_id
    assert [each.client_id for each in ours(box)] == [intent.client_order_id]


async def test_the_same_key_is_the_same_order(made: Rig, box: sandbox.Sandbox) -> None:
    first = await made.place(market())
    assert await made.place(market()) == first
    await refused(ErrorCode.IDEMPOTENCY_KEY_REUSED, made, market(quantity=2))
    assert len(ours(box)) == 1


async def test_the_same_key_at_once_is_the_same_order(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("slow", method="POST", path=PATH, seconds=0.2)
    found = await asyncio.gather(*(made.place(market()) for _ in range(20)))
    assert len({intent.id for intent in found}) == 1
    assert {intent.state for intent in found} == {IntentState.PLACED}
    assert len(ours(box)) == 1
    with pytest.raises(Problem):
        await asyncio.gather(made.place(market(), "k2"), made.place(resting(), "k2"))


async def test_a_caller_who_gives_up_does_not_stop_it(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("slow", method="POST", path=PATH, seconds=0.2)
    caller = asyncio.create_task(made.place(market()))
    await until(lambda: box.log.matching("POST", PATH))
    caller.cancel()
    assert (await made.place(market())).state is IntentState.PLACED
    assert len(ours(box)) == 1


async def test_a_refusal_is_definite_and_says_why(made: Rig, box: sandbox.Sandbox) -> None:
    intent = await made.place(market(quantity=1_000_000))
    assert (intent.state, intent.code) == (IntentState.REFUSED, ErrorCode.INSUFFICIENT_FUNDS)
    assert intent.message
    assert ours(box) == []


async def test_a_broker_that_is_down_leaves_nothing_behind(made: Rig, box: sandbox.Sandbox) -> None:
    await box.alpaca.paper.down()
    intent = await made.place(market())
    assert (intent.state, intent.code) == (IntentState.NOT_PLACED, ErrorCode.BROKER_UNREACHABLE)
    await box.alpaca.paper.up()


async def test_what_the_broker_cannot_take_never_reaches_the_wire(
    made: Rig, box: sandbox.Sandbox
) -> None:
    draft = resting()
    overnight = replace(draft, terms=replace(draft.terms, extended_hours=True))
    assert (await made.place(overnight, "taken")).state is IntentState.PLACED
    stop = replace(draft.terms, stop_price=Decimal(2), extended_hours=True)
    problem = await refused(
        ErrorCode.UNSUPPORTED_CAPABILITY,
        made,
        replace(draft, terms=replace(stop, type=OrderType.STOP_LIMIT)),
    )
    assert "possible: LIMIT" in problem.message
    assert len(box.log.matching("POST", PATH)) == 1


async def test_what_falls_between_the_brokers_steps_never_reaches_the_wire(
    made: Rig, box: sandbox.Sandbox
) -> None:
    pair = named(AssetClass.CRYPTO, "BTC/USD")
    assert pair
    coin = replace(resting(quantity="0.5"), instrument=pair)
    steps = await made.desk.orders.options(ADA, await made.account(), pair)
    assert steps.tick
    between = steps.tick * 3 / 2
    odd = replace(coin, terms=replace(coin.terms, limit_price=between))
    problem = await refused(ErrorCode.INVALID_TICKET, made, odd)
    assert "possible: " in problem.message
    assert problem.field == "limitPrice"
    with pytest.raises(Problem) as raised:
        await made.desk.previewing.preview(ADA, await made.account(), odd)
    assert raised.value.code is ErrorCode.INVALID_TICKET
    assert not box.log.matching("POST", PATH)
    placed = await made.place(coin)
    assert placed.order_id
    box.exchange.work()
    changes = Changes(limit_price=between)
    with pytest.raises(Problem) as raised:
        await made.desk.orders.replace(ADA, placed.order_id, changes, key="r")
    assert raised.value.code is ErrorCode.INVALID_TICKET
    # Once for the options, and once for all orders.
    asked = [each for each in box.log.entries if each.path.startswith("/v2/assets/")]
    assert len(asked) == 2


async def test_steps_that_cannot_be_had_keep_no_order_back(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("error", method="GET", path="/v2/assets/*", count=0)
    assert (await made.place(resting())).state is IntentState.PLACED


async def test_a_limit_denies_before_anything_is_written(made: Rig, box: sandbox.Sandbox) -> None:
    account = await made.account()
    limits = Limits(order_quantity=Decimal(3))
    await made.desk.limits.set(ADA, TradingScope.ACCOUNT, account, limits)
    with pytest.raises(Denied) as raised:
        await made.place(market(quantity=4))
    (denial,) = raised.value.denials
    assert (denial.code, denial.limit, denial.actual) == (ErrorCode.RISK_ORDER_QUANTITY, "3", "4")
    assert await made.desk.intents.lately(ADA, first=10) == ()
    assert (await made.place(market(quantity=3))).state is IntentState.PLACED
    assert box.log.matching("POST", PATH)


async def test_a_connection_that_only_reads_or_is_not_well_places_nothing(
    made: Rig, box: sandbox.Sandbox
) -> None:
    (account,) = await made.reads.accounts(ADA)
    connection = account.connection_id
    await made.connections.update(ADA, connection, permission=Permission.READ)
    await refused(ErrorCode.NOT_PERMITTED, made, market())
    await made.connections.update(ADA, connection, permission=Permission.TRADE)
    known = await made.reads.connection(ADA, connection)
    assert known
    ill = replace(known.health, state=ConnectionState.REAUTH_REQUIRED)
    await made.connections.set_health(ADA, connection, ill)
    problem = await refused(ErrorCode.UNAVAILABLE, made, market())
    assert "REAUTH_REQUIRED" in problem.message
    assert not box.log.matching("POST", PATH)
    await made.connections.set_health(ADA, connection, known.health)
    assert (await made.place(market())).state is IntentState.PLACED
