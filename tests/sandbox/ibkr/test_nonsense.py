"""Whatever a client sends, its connection either ends or goes on, and the Gateway serves others."""

import asyncio
import gc
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.messages import ASKED
from sandbox.ibkr.server import Ibkr
from sandbox.ibkr.wire import Fields, Unreadable, double, frame, number, text
from sandbox.request_log import RequestLog
from tests.sandbox.ibkr.conftest import Dial
from tests.sandbox.ibkr.wire import PLACE, Client

WORDS = ["", "0", "1", "-1", "265598", "BAG", "STK", "AAPL", "BUY", "LMT", "DU1000001", "1e999"]
FIELD = st.one_of(
    st.sampled_from(WORDS),
    st.integers(-5, 10**12).map(str),
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8),
)
MESSAGE = st.tuples(st.sampled_from([*sorted(ASKED), "0", "x", ""]), st.lists(FIELD, max_size=110))


@settings(max_examples=15, deadline=None)
@given(st.lists(MESSAGE, max_size=30))
def test_nonsense_harms_nobody(messages: list[tuple[str, list[str]]]) -> None:
    asyncio.run(shout(messages))


@settings(max_examples=20, deadline=None)
@example([(27, "abc"), (16, "9" * 20)])
@given(st.lists(st.tuples(st.integers(0, len(PLACE) - 1), FIELD), min_size=1, max_size=40))
def test_an_order_with_nonsense_in_it_harms_nobody(changes: list[tuple[int, str]]) -> None:
    orders = []
    for index, (at, value) in enumerate(changes):
        order = [str(100 + index), *PLACE[1:]]
        order[at] = value
        orders.append(("3", order))
    asyncio.run(shout(orders))


async def shout(messages: list[tuple[str, list[str]]]) -> None:
    """Send it all, and see that another client is still answered and nothing has gone wrong."""
    unhandled: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unhandled.append(str(context)))
    gateway = Ibkr(Exchange(seed=1), Faults(), RequestLog()).paper
    await gateway.up()
    one = await Client.open(gateway.port, 178)
    await one.start(1)
    for kind, fields in messages:
        one.send(kind, *fields)
    other = await Client.open(gateway.port, 178)
    await other.start(2)
    other.send("49", "1")
    assert (await other.read())[0] == "49"
    one.close()
    other.close()
    await gateway.down()
    gc.collect()
    assert unhandled == []


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=20))
def test_what_is_framed_is_read_again(values: list[str]) -> None:
    body = frame(values)[4:].decode()

    fields = Fields(body.split("\0")[:-1])

    assert fields.texts(len(values)) == values
    assert fields.text() == ""


@given(st.decimals(places=8, min_value=-(10**9), max_value=10**9))
def test_a_number_survives_the_wire(value: Decimal) -> None:
    assert number(text(value)) == value
    assert number(double(value)) == value


@pytest.mark.parametrize("given_text", ["x", "1,5", "0x1", "--1"])
def test_what_is_no_number_is_said_so(given_text: str) -> None:
    with pytest.raises(Unreadable):
        number(given_text)
    with pytest.raises(Unreadable):
        Fields([given_text]).count()


@pytest.mark.parametrize("unset", ["", "1.7976931348623157E308", "Infinity", "nan"])
def test_what_is_unset_is_nothing(unset: str) -> None:
    assert number(unset) is None


async def test_the_order_that_is_spoilt_is_a_good_one(gateway: Gateway, dial: Dial) -> None:
    client = await dial(178)

    client.send("3", *PLACE)
    client.send("49", "1")
    await client.read_until("49")

    (placed,) = gateway.desk.open_orders()
    assert (placed.status, placed.asked.text("orderRef")) == ("Submitted", "bg-1")
