"""What the line sends once, what it makes of answers that say 200, and what a preview tells."""

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.coinbase.line import Line
from domain.errors import (
    InstrumentNotFound,
    InsufficientFunds,
    InvalidTicket,
    OrderNotFound,
    OutcomeUnknown,
    Refused,
)
from domain.order import OrderSide, OrderStatus
from domain.preview import PreviewSource
from sandbox import Sandbox
from tests.brokers.coinbase_line.scene import BITCOIN, ETHER, ROOT, D, market, ticket

ORDERS = f"{ROOT}/orders"


async def test_a_preview_tells_what_it_costs_with_the_fee(line: Line, number: str) -> None:
    bought = await line.preview(ticket(number))
    sold = await line.preview(ticket(number, side=OrderSide.SELL))
    assert bought is not None
    assert sold is not None
    assert (bought.source, bought.currency) == (PreviewSource.BROKER, "USD")
    assert (bought.cost, bought.commission, bought.price) == (D(5030), D(30), D(50_000))
    assert bought.warnings == ()
    assert sold.cost == D(-4970)
    assert sold.warnings == ("Coinbase would refuse it: PREVIEW_INSUFFICIENT_FUND",)


async def test_a_refusal_that_says_200_is_a_refusal(line: Line, box: Sandbox, number: str) -> None:
    with pytest.raises(InsufficientFunds) as funds:
        await line.place(ticket(number, quantity=D(100)))
    assert funds.value.broker_code == "INSUFFICIENT_FUND"
    with pytest.raises(InvalidTicket):
        await line.place(ticket(number, quantity=D("1E-12")))
    with pytest.raises(InvalidTicket):
        await line.place(ticket(number, limit_price=D("50000.0001")))
    nothing = replace(BITCOIN, symbol="NOTHING/USD")
    with pytest.raises(InstrumentNotFound):
        await line.place(replace(ticket(number), instrument=nothing))
    assert box.coinbase.account.orders == {}


async def test_an_answer_that_says_neither_yes_nor_no_leaves_it_open(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("alter", method="POST", path=ORDERS, set={"success": None})
    with pytest.raises(OutcomeUnknown):
        await line.place(ticket(number))
    box.faults.add(
        "alter",
        method="POST",
        path=ORDERS,
        set={"success_response": {"order_id": "x", "client_order_id": "another"}},
    )
    with pytest.raises(OutcomeUnknown):
        await line.place(ticket(number, "bg-2"))


async def test_an_id_that_was_used_is_the_order_that_has_it(
    line: Line, box: Sandbox, number: str
) -> None:
    first = await line.place(ticket(number))
    again = await line.place(ticket(number))
    assert again.broker_order_id == first.broker_order_id
    refused = {"error": "DUPLICATE_CLIENT_ORDER_ID"}
    box.faults.add(
        "alter",
        method="POST",
        path=ORDERS,
        set={"success": False, "success_response": None, "error_response": refused},
    )
    once_more = await line.place(ticket(number))
    assert once_more.broker_order_id == first.broker_order_id
    assert len(box.coinbase.account.orders) == 1


async def test_an_order_for_money_is_filled_to_the_last_digit(line: Line, number: str) -> None:
    placed = await line.place(market(number, quantity=None, notional=D(1000)))
    told = await line.order(number, placed.broker_order_id)
    assert (told.status, told.terms.notional) == (OrderStatus.FILLED, D(1000))
    listed = (await line.snapshot(number)).orders
    (execution,) = [one.execution for one in listed if one.execution]
    assert execution.quantity == told.filled_quantity
    assert execution.commission is not None


async def test_an_edit_keeps_the_ids_and_takes_price_and_size(
    line: Line, box: Sandbox, number: str
) -> None:
    await line.place(ticket(number))
    (known,) = (await line.snapshot(number)).orders
    wanted = replace(known.terms, limit_price=D(51_000), quantity=D("0.2"))
    new = await line.replace(known, wanted, "bg-2")
    assert (new.broker_order_id, new.client_order_id) == (known.broker_order_id, None)
    now = await line.order(number, known.broker_order_id)
    assert now.terms == wanted
    assert now.client_order_id == "bg-1"


async def test_an_edit_to_less_than_has_filled_is_refused(
    line: Line, box: Sandbox, number: str
) -> None:
    box.exchange.liquidity["BTC/USD"] = D("0.05")
    placed = await line.place(ticket(number, limit_price=D(100_000)))
    known = await line.order(number, placed.broker_order_id)
    with pytest.raises(InvalidTicket) as told:
        await line.replace(known, replace(known.terms, quantity=D("0.02")), "bg-2")
    assert told.value.broker_code == "CANNOT_EDIT_TO_BELOW_FILLED_SIZE"


async def test_each_cancel_has_a_result_of_its_own(line: Line, box: Sandbox, number: str) -> None:
    placed = await line.place(ticket(number))
    await line.cancel(placed)
    told = await line.order(number, placed.broker_order_id)
    assert told.status is OrderStatus.CANCELED
    with pytest.raises(Refused):
        await line.cancel(placed)
    with pytest.raises(OrderNotFound):
        await line.cancel(replace(placed, broker_order_id="nothing"))
    box.faults.add("alter", path=f"{ORDERS}/batch_cancel", set={"results": []})
    with pytest.raises(OutcomeUnknown):
        await line.cancel(placed)


async def test_an_odd_id_is_no_order(line: Line, number: str) -> None:
    for odd in ("no-such-order", "../accounts", "a/b?c#d", "%00"):
        with pytest.raises(OrderNotFound):
            await line.order(number, odd)


async def test_what_is_traded_is_found_by_its_name_and_in_its_steps(line: Line) -> None:
    assert await line.instruments("btc", None) == await line.instruments("BITCOIN", None)
    assert [one.symbol for one in await line.instruments("eth/usd", None)] == ["ETH/USD"]
    assert await line.instruments("nothing", None) == []
    steps = await line.increments(ETHER)
    assert (steps.tradable, steps.tick, steps.shortable) == (True, D("0.001"), False)
    with pytest.raises(InstrumentNotFound):
        await line.increments(replace(ETHER, symbol="NOTHING/USD"))


async def test_a_price_is_the_middle_and_what_has_no_product_is_left_out(line: Line) -> None:
    marks = await line.quotes([BITCOIN, replace(BITCOIN, symbol="USDC")])
    assert [(one.instrument_id, one.price) for one in marks] == [(BITCOIN.id, Decimal(92_000))]
