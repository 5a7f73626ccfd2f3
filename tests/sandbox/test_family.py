"""Orders that hang together: brackets, one-cancels-other, multi-leg."""

from sandbox.orders import (
    Contingency,
    OrdStatus,
    OrdType,
    Side,
    Ticket,
)
from tests.sandbox.desk import CALL, OTHER_CALL, D, Desk


def exits(desk: Desk) -> tuple[Ticket, Ticket]:
    common = {"symbol": "AAPL", "side": Side.SELL, "quantity": D(10), "opens": False}
    profit = Ticket(**common, type=OrdType.LIMIT, limit_price=D(270))  # type: ignore[arg-type]  # by name
    loss = Ticket(**common, type=OrdType.STOP, stop_price=D(230))  # type: ignore[arg-type]  # by name
    return profit, loss


def test_a_bracket_wakes_its_exits_and_one_cancels_the_other(desk: Desk) -> None:
    head = desk.ask(
        "AAPL",
        Side.BUY,
        "10",
        type=OrdType.LIMIT,
        limit_price=D(245),
        contingency=Contingency.OTOCO,
        legs=exits(desk),
    )

    def legs() -> list[OrdStatus]:
        return [desk.account.orders[one].status for one in head.leg_ids]

    assert legs() == [OrdStatus.SUSPENDED, OrdStatus.SUSPENDED]
    desk.exchange.set_price("AAPL", D(244))
    assert legs() == [OrdStatus.NEW, OrdStatus.NEW]
    desk.exchange.set_price("AAPL", D(271))
    assert legs() == [OrdStatus.FILLED, OrdStatus.CANCELED]
    assert "AAPL" not in desk.account.holdings


def test_cancelling_a_bracket_cancels_its_exits(desk: Desk) -> None:
    head = desk.ask(
        "AAPL",
        Side.BUY,
        "10",
        type=OrdType.LIMIT,
        limit_price=D(245),
        contingency=Contingency.OTOCO,
        legs=exits(desk),
    )
    desk.exchange.cancel(desk.account, head.id)
    desk.exchange.work()
    assert {desk.account.orders[one].status for one in head.leg_ids} == {OrdStatus.CANCELED}


def test_a_partial_fill_of_one_rival_shrinks_the_other(desk: Desk) -> None:
    desk.ask("AAPL", Side.BUY, "10")
    desk.exchange.liquidity["AAPL"] = D(4)
    _, loss = exits(desk)
    head = desk.ask(
        "AAPL",
        Side.SELL,
        "10",
        type=OrdType.LIMIT,
        limit_price=D(260),
        contingency=Contingency.OCO,
        legs=(loss,),
    )
    desk.exchange.set_price("AAPL", D(261))
    rival = desk.account.orders[head.leg_ids[0]]
    assert (desk.now(head).leaves, rival.leaves) == (D(6), D(6))
    desk.exchange.set_price("AAPL", D(229))
    desk.exchange.set_price("AAPL", D(229))
    assert desk.account.holding("AAPL").quantity == 0
    assert desk.now(head).status is OrdStatus.CANCELED


def test_the_legs_of_a_multileg_order_fill_together_or_not_at_all(desk: Desk) -> None:
    legs = (
        Ticket(symbol=CALL, side=Side.BUY, quantity=D(2), ratio=D(1)),
        Ticket(symbol=OTHER_CALL, side=Side.SELL, quantity=D(2), ratio=D(1)),
    )
    terms = {"type": OrdType.LIMIT, "contingency": Contingency.MULTILEG, "legs": legs}
    low = desk.ask("", Side.BUY, "2", limit_price=D("9.00"), **terms)
    assert (low.status, desk.account.holdings) == (OrdStatus.NEW, {})
    high = desk.ask("", Side.BUY, "2", limit_price=D("9.20"), **terms)
    assert (high.status, high.average_price) == (OrdStatus.FILLED, D("9.12"))
    held = {symbol: one.quantity for symbol, one in desk.account.holdings.items()}
    assert held == {CALL: 2, OTHER_CALL: -2}
