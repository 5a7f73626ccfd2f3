"""One key, at most one order, whatever the answer was."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

import sandbox
from domain.connection import ConnectionState, Permission
from domain.errors import ErrorCode, Problem
from domain.instrument import AssetClass, named
from domain.intent import Intent, IntentState
from domain.order import OrderClass, OrderSide, OrderStatus, OrderType
from domain.risk import Denied, Limits, TradingScope
from domain.ticket import Exits
from sandbox.orders import OrdStatus
from tests.trading.orders import AAPL, hold, market, ours, resting
from tests.trading.rig import ADA, Later, Rig
from tests.waiting import until
from trading.drafts import Changes
from trading.wanted import Draft

PATH = "/v2/orders"


async def _place(made: Rig, draft: Draft, key: str = "key") -> Intent:
    return await made.desk.orders.place(ADA, await made.account(), draft, key=key)


async def _raises(code: ErrorCode, made: Rig, draft: Draft, key: str = "key") -> Problem:
    with pytest.raises(Problem) as raised:
        await _place(made, draft, key)
    assert raised.value.code is code
    return raised.value


async def test_an_order_is_placed_and_is_here_at_once(made: Rig, box: sandbox.Sandbox) -> None:
    intent = await _place(made, market())
    assert intent.state is IntentState.PLACED
    assert intent.order_id
    order = await made.reads.order(ADA, intent.order_id)
    assert order
    assert order.client_order_id == intent.client_order_id
    assert [each.client_id for each in ours(box)] == [intent.client_order_id]


async def test_the_same_key_is_the_same_order(made: Rig, box: sandbox.Sandbox) -> None:
    first = await _place(made, market())
    assert await _place(made, market()) == first
    await _raises(ErrorCode.IDEMPOTENCY_KEY_REUSED, made, market(quantity=2))
    assert len(ours(box)) == 1


async def test_the_same_key_at_once_is_the_same_order(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("slow", method="POST", path=PATH, seconds=0.2)
    found = await asyncio.gather(*(_place(made, market()) for _ in range(20)))
    assert len({intent.id for intent in found}) == 1
    assert {intent.state for intent in found} == {IntentState.PLACED}
    assert len(ours(box)) == 1
    with pytest.raises(Problem):
        await asyncio.gather(_place(made, market(), "k2"), _place(made, resting(), "k2"))


async def test_a_caller_who_gives_up_does_not_stop_it(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("slow", method="POST", path=PATH, seconds=0.2)
    caller = asyncio.create_task(_place(made, market()))
    await until(lambda: box.log.matching("POST", PATH))
    caller.cancel()
    assert (await _place(made, market())).state is IntentState.PLACED
    assert len(ours(box)) == 1


@pytest.mark.parametrize(
    "fault", ["reset_after", "error_after", "garbage_after", "truncated_after", "html_after"]
)
async def test_an_answer_that_was_lost_is_found_and_never_sent_again(
    made: Rig, box: sandbox.Sandbox, fault: str
) -> None:
    box.faults.add(fault, method="POST", path=PATH)
    intent = await _place(made, market())
    assert intent.state is IntentState.PLACED
    assert len(ours(box)) == 1
    assert len(box.log.matching("POST", PATH)) == 1


@pytest.mark.parametrize("fault", ["error", "reset"])
async def test_what_did_not_happen_stays_unknown_until_absence_proves_it(
    made: Rig, box: sandbox.Sandbox, clock: Later, fault: str
) -> None:
    box.faults.add(fault, method="POST", path=PATH)
    intent = await _place(made, market())
    assert intent.state is IntentState.UNKNOWN
    assert (await made.desk.resolving.one(intent)).state is IntentState.UNKNOWN
    clock.ahead = 61
    resolved = await made.desk.resolving.one(intent)
    assert (resolved.state, resolved.code) == (IntentState.NOT_PLACED, ErrorCode.NOT_SENT)
    assert await _place(made, market()) == resolved
    assert ours(box) == []
    assert len(box.log.matching("POST", PATH)) == 1


async def test_a_broker_that_cannot_be_asked_leaves_it_unknown(
    made: Rig, box: sandbox.Sandbox
) -> None:
    box.faults.add("error_after", method="POST", path=PATH)
    box.faults.add("error", method="GET", path="/v2/orders:by_client_order_id", count=0)
    intent = await _place(made, market())
    assert intent.state is IntentState.UNKNOWN
    await made.desk.resolving.all()
    box.faults.clear()
    assert (await made.desk.resolving.one(intent)).state is IntentState.PLACED
    assert len(ours(box)) == 1


async def test_a_late_order_beats_not_placed_and_alarms(
    made: Rig, box: sandbox.Sandbox, clock: Later, caplog: pytest.LogCaptureFixture
) -> None:
    box.faults.add("error_after", method="POST", path=PATH)
    box.faults.add("error", method="GET", path="/v2/orders:by_client_order_id", status=404)
    intent = await _place(made, resting())
    assert intent.state is IntentState.UNKNOWN
    ended = await made.desk.resolving.decide(ADA, intent.id, placed_as=None, note="phoned them")
    assert (ended.state, ended.note) == (IntentState.NOT_PLACED, "phoned them")
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    found = await made.desk.intents.one(ADA, intent.id)
    assert found
    assert found.state is IntentState.PLACED
    assert "CRITICAL" in {record.levelname for record in caplog.records}


async def test_a_person_can_say_which_order_it_is(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("error_after", method="POST", path=PATH)
    box.faults.add("error", method="GET", path="/v2/orders:by_client_order_id", status=404)
    hold(box, 3)
    (other,) = box.paper.orders.values()
    intent = await _place(made, resting(OrderSide.SELL, price=9999))
    (order,) = ours(box)
    with pytest.raises(Problem) as raised:
        await made.desk.resolving.decide(ADA, intent.id, placed_as=other.id, note="")
    assert raised.value.code is ErrorCode.BAD_INPUT
    placed = await made.desk.resolving.decide(ADA, intent.id, placed_as=order.id, note="seen")
    assert placed.state is IntentState.PLACED
    with pytest.raises(Problem) as raised:
        await made.desk.resolving.decide(ADA, intent.id, placed_as=None, note="too late")
    assert raised.value.code is ErrorCode.CONFLICT


async def test_a_refusal_is_definite_and_says_why(made: Rig, box: sandbox.Sandbox) -> None:
    intent = await _place(made, market(quantity=1_000_000))
    assert (intent.state, intent.code) == (IntentState.REFUSED, ErrorCode.INSUFFICIENT_FUNDS)
    assert intent.message
    assert ours(box) == []


async def test_a_broker_that_is_down_leaves_nothing_behind(made: Rig, box: sandbox.Sandbox) -> None:
    await box.alpaca.paper.down()
    intent = await _place(made, market())
    assert (intent.state, intent.code) == (IntentState.NOT_PLACED, ErrorCode.BROKER_UNREACHABLE)
    await box.alpaca.paper.up()


async def test_what_the_broker_cannot_take_never_reaches_the_wire(
    made: Rig, box: sandbox.Sandbox
) -> None:
    draft = resting()
    overnight = replace(draft, terms=replace(draft.terms, extended_hours=True))
    assert (await _place(made, overnight, "taken")).state is IntentState.PLACED
    stop = replace(draft.terms, stop_price=Decimal(2), extended_hours=True)
    problem = await _raises(
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
    problem = await _raises(ErrorCode.INVALID_TICKET, made, odd)
    assert "possible: " in problem.message
    assert problem.field == "limitPrice"
    with pytest.raises(Problem) as raised:
        await made.desk.previewing.preview(ADA, await made.account(), odd)
    assert raised.value.code is ErrorCode.INVALID_TICKET
    assert not box.log.matching("POST", PATH)
    placed = await _place(made, coin)
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
    assert (await _place(made, resting())).state is IntentState.PLACED


async def test_a_replacement_keeps_the_orders_identity(made: Rig, box: sandbox.Sandbox) -> None:
    placed = await _place(made, resting(quantity=5))
    assert placed.order_id
    box.exchange.work()
    changes = Changes(quantity=Decimal(7), limit_price=Decimal("2.00"))
    for _ in range(2):
        replaced = await made.desk.orders.replace(ADA, placed.order_id, changes, key="r")
        assert (replaced.state, replaced.order_id) == (IntentState.PLACED, placed.order_id)
    box.exchange.work()
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    order = await made.reads.order(ADA, placed.order_id)
    assert order
    assert (order.terms.quantity, order.terms.limit_price) == (Decimal(7), Decimal("2.00"))
    assert len(order.earlier_broker_ids) == 1
    assert [o.status for o in ours(box)] == [OrdStatus.REPLACED, OrdStatus.NEW]


@pytest.mark.parametrize("fault", ["reset_after", "error_after", "garbage_after"])
async def test_a_replacement_whose_answer_was_lost_is_found(
    made: Rig, box: sandbox.Sandbox, fault: str
) -> None:
    placed = await _place(made, resting(quantity=5))
    assert placed.order_id
    box.exchange.work()
    box.faults.add(fault, method="PATCH", path="/v2/orders/*")
    changes = Changes(limit_price=Decimal("2.00"))
    replaced = await made.desk.orders.replace(ADA, placed.order_id, changes, key="r")
    assert (replaced.state, replaced.order_id) == (IntentState.PLACED, placed.order_id)
    assert len([entry for entry in box.log.entries if entry.method == "PATCH"]) == 1
    assert len(ours(box)) == 2


async def test_a_cancel_is_confirmed_by_the_broker(made: Rig, box: sandbox.Sandbox) -> None:
    placed = await _place(made, resting())
    assert placed.order_id
    box.exchange.work()
    order = await made.desk.canceling.one(ADA, placed.order_id)
    assert order.status in {OrderStatus.PENDING_CANCEL, OrderStatus.CANCELED}
    box.exchange.work()
    order = await made.desk.canceling.look(ADA, order)
    assert order.status is OrderStatus.CANCELED
    with pytest.raises(Problem) as raised:
        await made.desk.canceling.one(ADA, placed.order_id)
    assert raised.value.code is ErrorCode.CONFLICT


async def test_a_limit_denies_before_anything_is_written(made: Rig, box: sandbox.Sandbox) -> None:
    account = await made.account()
    limits = Limits(order_quantity=Decimal(3))
    await made.desk.limits.set(ADA, TradingScope.ACCOUNT, account, limits)
    with pytest.raises(Denied) as raised:
        await _place(made, market(quantity=4))
    (denial,) = raised.value.denials
    assert (denial.code, denial.limit, denial.actual) == (ErrorCode.RISK_ORDER_QUANTITY, "3", "4")
    assert await made.desk.intents.lately(ADA, first=10) == ()
    assert (await _place(made, market(quantity=3))).state is IntentState.PLACED
    assert box.log.matching("POST", PATH)


async def test_two_full_size_closes_at_once_are_one_order(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 10)
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    close = made.desk.orders.close
    found = await asyncio.gather(
        close(ADA, account.id, AAPL.id, key="one"),
        close(ADA, account.id, AAPL.id, key="two"),
        return_exceptions=True,
    )
    placed = [each for each in found if isinstance(each, Intent)]
    (refused,) = [each for each in found if isinstance(each, Problem)]
    assert [intent.state for intent in placed] == [IntentState.PLACED]
    assert refused.code is ErrorCode.NOTHING_TO_CLOSE
    box.exchange.work()
    assert box.paper.holding("AAPL").quantity == 0
    assert len(ours(box)) == 1


@pytest.mark.parametrize(
    ("kind", "exits"),
    [
        (OrderClass.BRACKET, Exits(take_profit=Decimal(900), stop_loss=Decimal(1))),
        (OrderClass.OTO, Exits(stop_loss=Decimal(2), stop_limit=Decimal(1))),
        (OrderClass.OTO, Exits(take_profit=Decimal(900))),
    ],
)
async def test_an_order_brings_its_exits(
    made: Rig, box: sandbox.Sandbox, kind: OrderClass, exits: Exits
) -> None:
    draft = market()
    contingent = replace(draft, terms=replace(draft.terms, order_class=kind), exits=exits)
    placed = await _place(made, contingent)
    assert placed.state is IntentState.PLACED, placed.message
    await _raises(ErrorCode.IDEMPOTENCY_KEY_REUSED, made, draft)
    wrong = replace(contingent, exits=Exits(stop_limit=Decimal(1)))
    await _raises(ErrorCode.INVALID_TICKET, made, wrong, "wrong")
    box.exchange.work()
    legs = [order for order in box.paper.orders.values() if order.parent_id]
    prices = {order.ticket.limit_price for order in legs} | {o.ticket.stop_price for o in legs}
    assert prices - {None} == {exits.take_profit, exits.stop_loss, exits.stop_limit} - {None}


async def test_one_exit_cancels_the_other(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 2)
    draft = resting(OrderSide.SELL, 2, 900)
    terms = replace(draft.terms, order_class=OrderClass.OCO)
    oco = replace(draft, terms=terms, exits=Exits(stop_loss=Decimal(100)))
    assert (await _place(made, oco)).state is IntentState.PLACED
    box.exchange.work()
    box.exchange.set_price("AAPL", Decimal(90))
    box.exchange.work()
    assert box.paper.holding("AAPL").quantity == 0
    assert not any(order.live for order in box.paper.orders.values())


async def test_a_connection_that_only_reads_or_is_not_well_places_nothing(
    made: Rig, box: sandbox.Sandbox
) -> None:
    (account,) = await made.reads.accounts(ADA)
    connection = account.connection_id
    await made.connections.update(ADA, connection, permission=Permission.READ)
    await _raises(ErrorCode.NOT_PERMITTED, made, market())
    await made.connections.update(ADA, connection, permission=Permission.TRADE)
    known = await made.reads.connection(ADA, connection)
    assert known
    ill = replace(known.health, state=ConnectionState.REAUTH_REQUIRED)
    await made.connections.set_health(ADA, connection, ill)
    problem = await _raises(ErrorCode.UNAVAILABLE, made, market())
    assert "REAUTH_REQUIRED" in problem.message
    assert not box.log.matching("POST", PATH)
    await made.connections.set_health(ADA, connection, known.health)
    assert (await _place(made, market())).state is IntentState.PLACED
