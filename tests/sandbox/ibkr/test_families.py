"""Brackets, groups and combinations over the library."""

from ib_async import IB, ComboLeg, Contract, Fill, Order

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from tests.sandbox.ibkr.conftest import Connect
from tests.sandbox.ibkr.shop import AAPL, FIRST, D, order, place, settled, until

CALL_250, CALL_270 = "AAPL  271217C00250000", "AAPL  271217C00270000"


def con_id(gateway: Gateway, local_symbol: str) -> int:
    return next(
        one.con_id for one in gateway.catalog.by_id.values() if one.local_symbol == local_symbol
    )


def bracket(ib: IB) -> list[Order]:
    orders = list(ib.bracketOrder("BUY", 5, 249, 260, 240))
    for one in orders:
        one.account, one.tif = FIRST, "GTC"
    return orders


async def test_a_bracket_goes_at_once_and_one_end_cancels_the_other(ib: IB, box: Sandbox) -> None:
    trades = [ib.placeOrder(AAPL, one) for one in bracket(ib)]
    await until(ib, lambda: trades[2].orderStatus.whyHeld == "child")
    assert [one.orderStatus.status for one in trades] == [
        "Submitted",
        "PreSubmitted",
        "PreSubmitted",
    ]

    box.exchange.set_price("AAPL", D(248))
    await until(ib, lambda: trades[1].orderStatus.status == "Submitted")
    box.exchange.set_price("AAPL", D(262))
    await until(ib, lambda: trades[2].orderStatus.status == "Cancelled")

    assert [one.orderStatus.status for one in trades] == ["Filled", "Filled", "Cancelled"]
    parent = trades[0].order.orderId
    assert [one.orderStatus.parentId for one in trades] == [0, parent, parent]


async def test_another_client_sees_what_hangs_on_what(ib: IB, connect: Connect) -> None:
    trades = [ib.placeOrder(AAPL, one) for one in bracket(ib)]
    await until(ib, lambda: trades[2].orderStatus.whyHeld == "child")

    listed = await (await connect(2)).reqAllOpenOrdersAsync()

    parent = trades[0].order.orderId
    assert [one.order.parentId for one in listed] == [0, parent, parent]


async def test_cancelling_the_head_of_a_bracket_cancels_it_all(ib: IB) -> None:
    trades = [ib.placeOrder(AAPL, one) for one in bracket(ib)]
    await until(ib, lambda: trades[2].orderStatus.whyHeld == "child")

    ib.cancelOrder(trades[0].order)

    await until(ib, lambda: all(one.orderStatus.status == "Cancelled" for one in trades))


async def test_an_order_that_is_not_transmitted_makes_no_sound_until_it_is(
    ib: IB, gateway: Gateway
) -> None:
    waiting = order("LMT", lmtPrice=200, transmit=False)
    trade = ib.placeOrder(AAPL, waiting)
    await settled(ib)
    assert (trade.orderStatus.status, gateway.desk.placed) == ("PendingSubmit", {})

    trade.order.transmit = True
    ib.placeOrder(AAPL, trade.order)

    await until(ib, lambda: trade.orderStatus.status == "Submitted")


async def test_a_group_cancels_what_is_left_of_it(ib: IB) -> None:
    resting = await place(ib, order("LMT", lmtPrice=200, ocaGroup="one", ocaType=1), "Submitted")

    await place(ib, order("LMT", lmtPrice=260, ocaGroup="one", ocaType=1), "Filled")

    await until(ib, lambda: resting.orderStatus.status == "Cancelled")


def vertical(gateway: Gateway, action: str = "BUY") -> Contract:
    """A call bought and a higher one sold."""
    other = {"BUY": "SELL", "SELL": "BUY"}[action]
    legs = [(CALL_250, action), (CALL_270, other)]
    return Contract(
        secType="BAG",
        symbol="AAPL",
        exchange="SMART",
        currency="USD",
        comboLegs=[
            ComboLeg(conId=con_id(gateway, symbol), ratio=1, action=side, exchange="SMART")
            for symbol, side in legs
        ],
    )


def shown(fill: Fill) -> tuple[str, str, float, float]:
    execution = fill.execution
    return fill.contract.secType, execution.side, execution.shares, execution.price


async def test_a_combination_is_told_as_a_whole_and_by_its_legs(ib: IB, gateway: Gateway) -> None:
    trade = await place(ib, order("LMT", quantity=2, lmtPrice=12), "Filled", vertical(gateway))

    assert [shown(one) for one in trade.fills] == [
        ("OPT", "BOT", 2, 32.51),
        ("OPT", "SLD", 2, 23.39),
        ("BAG", "BOT", 2, 9.12),
    ]
    held = {one.contract.localSymbol: one.position for one in ib.positions()}
    assert held == {CALL_250: 2, CALL_270: -2}


async def test_a_combination_is_sold_for_the_price_of_its_opposite(
    ib: IB, gateway: Gateway
) -> None:
    trade = await place(
        ib, order("LMT", "SELL", quantity=1, lmtPrice=9), "Filled", vertical(gateway)
    )

    assert [shown(one) for one in trade.fills] == [
        ("OPT", "SLD", 1, 32.49),
        ("OPT", "BOT", 1, 23.41),
        ("BAG", "SLD", 1, 9.08),
    ]


async def test_a_combination_is_not_sold_for_less_than_its_limit(ib: IB, gateway: Gateway) -> None:
    asked = order("LMT", "SELL", quantity=1, lmtPrice=10)

    trade = await place(ib, asked, "Submitted", vertical(gateway))
    await settled(ib)

    assert (trade.orderStatus.status, trade.fills) == ("Submitted", [])


async def test_a_resting_combination_names_its_legs(ib: IB, gateway: Gateway) -> None:
    await place(ib, order("LMT", quantity=1, lmtPrice=1), "Submitted", vertical(gateway))

    (listed,) = await ib.reqAllOpenOrdersAsync()

    legs = listed.contract.comboLegs or []
    assert [(one.conId, one.ratio, one.action) for one in legs] == [
        (con_id(gateway, CALL_250), 1, "BUY"),
        (con_id(gateway, CALL_270), 1, "SELL"),
    ]
