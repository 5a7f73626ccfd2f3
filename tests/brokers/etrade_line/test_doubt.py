"""Orders whose answer was lost: found again by what they say, or nobody's."""

import pytest

from brokers.etrade.line import Line
from domain.errors import OutcomeUnknown
from domain.ticket import Ticket
from sandbox import Sandbox
from tests.brokers.desk import Desk
from tests.brokers.etrade_line.scene import LOST, PLACE, lined, sent, trade
from tests.brokers.tickets import resting


async def unknown(line: Line, box: Sandbox, wanted: Ticket, kind: str = "reset_after") -> None:
    box.faults.add(kind, path=f"*{PLACE}", status=504)
    with pytest.raises(OutcomeUnknown):
        await line.place(wanted)


@pytest.mark.parametrize("kind", LOST)
async def test_an_order_whose_answer_is_lost_is_found_by_what_it_says(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    await line.place(resting(number, "bg-0"))
    await line.snapshot(number)
    await unknown(line, box, resting(number), kind)
    found = await line.find(number, "bg-1")
    assert found.report is not None
    assert found.report.client_order_id == "bg-1"
    newest = list(box.etrade.margin.orders)[-1]
    assert box.etrade.person.orders.name(found.report.broker_order_id) == newest
    assert sent(box, PLACE) == 2


async def test_an_order_that_never_arrived_is_not_found_and_not_another_one_taken_for_it(
    line: Line, box: Sandbox, number: str
) -> None:
    await line.place(resting(number, "bg-0"))
    box.faults.add("reset", path=f"*{PLACE}")
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    found = await line.find(number, "bg-1")
    assert (found.report, found.proven_absent) == (None, False)


async def test_an_order_that_was_placed_after_it_by_us_is_not_taken_for_it(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("reset", path=f"*{PLACE}")
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    await line.place(resting(number, "bg-2"))
    assert (await line.find(number, "bg-1")).report is None


async def test_two_that_would_fit_are_nobodys(line: Line, box: Sandbox, number: str) -> None:
    await unknown(line, box, resting(number, "bg-1"))
    await unknown(line, box, resting(number, "bg-2"))
    assert (await line.find(number, "bg-1")).report is None
    assert (await line.find(number, "bg-2")).report is None


@pytest.mark.parametrize("quantity", ["3", "2"])
async def test_an_order_from_elsewhere_that_says_another_thing_is_not_taken_for_it(
    line: Line, box: Sandbox, number: str, quantity: str
) -> None:
    box.faults.add("reset", path=f"*{PLACE}")
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    trade(box, "AAPL", quantity)
    assert (await line.find(number, "bg-1")).report is None


async def test_after_a_restart_nothing_is_claimed(box: Sandbox, number: str) -> None:
    async with lined(box, Desk()) as line:
        await unknown(line, box, resting(number))
    async with lined(box, Desk()) as line:
        assert (await line.find(number, "bg-1")).report is None
