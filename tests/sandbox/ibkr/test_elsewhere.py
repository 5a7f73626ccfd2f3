"""Orders that others placed: another client, or a person at the Gateway's desk."""

from ib_async import IB

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.sandbox.ibkr.conftest import Connect
from tests.sandbox.ibkr.shop import FIRST, D, order, place, settled, until


async def test_another_clients_order_is_seen_when_asked_for_and_heard_of_by_the_master(
    ib: IB, connect: Connect, gateway: Gateway
) -> None:
    gateway.habits.master_client_id = 7
    master, other = await connect(7), await connect(8)

    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    await settled(master)

    assert [one.order.permId for one in master.openTrades()] == [trade.order.permId]
    assert other.openTrades() == await other.reqOpenOrdersAsync() == []
    assert [one.order.permId for one in await other.reqAllOpenOrdersAsync()] == [trade.order.permId]


async def test_an_order_placed_by_hand_has_no_client_and_no_order_id(
    ib: IB, box: Sandbox, gateway: Gateway
) -> None:
    ticket = Ticket(
        symbol="AAPL",
        side=Side.BUY,
        quantity=D(1),
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
    )
    box.exchange.submit(gateway.accounts[FIRST], ticket)
    box.exchange.work()

    assert ib.openTrades() == []
    (done,) = await ib.reqCompletedOrdersAsync(apiOnly=False)
    assert (done.order.orderType, done.orderStatus.status) == ("MKT", "Filled")
    (fill,) = await ib.reqExecutionsAsync()
    assert (fill.execution.orderId, fill.execution.clientId) == (0, 0)


async def test_global_cancel_cancels_everything(ib: IB, box: Sandbox, gateway: Gateway) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    by_hand = Ticket(
        symbol="MSFT", side=Side.SELL, quantity=D(1), type=OrdType.LIMIT, limit_price=D(900)
    )
    box.exchange.submit(gateway.accounts[FIRST], by_hand)
    box.exchange.work()

    ib.reqGlobalCancel()
    await until(ib, lambda: trade.orderStatus.status == "Cancelled")

    assert gateway.desk.open_orders() == []


async def test_completed_orders_have_the_reference_but_no_client(ib: IB) -> None:
    trade = await place(ib, order("LMT", lmtPrice=260, orderRef="bg-7"), "Filled")

    (done,) = await ib.reqCompletedOrdersAsync(apiOnly=False)

    assert (done.order.orderRef, done.order.permId) == ("bg-7", trade.order.permId)
    assert (done.order.orderId, done.order.clientId) == (0, 0)
    assert (done.order.filledQuantity, done.orderStatus.status) == (10, "Filled")
