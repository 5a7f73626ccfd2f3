"""An order that was kept when it was written is the one that would have been read."""

from hypothesis import given
from hypothesis import strategies as st

from domain.facts import OrderReport
from domain.ids import ConnectionId
from store.merge import Known, merge_order, merged
from store.stored_orders import StoredOrders
from tests.store.reports import IDENTITY, reports
from tests.store.samples import report

OURS, OTHERS = IDENTITY.connection, ConnectionId("d")


def _known(said: list[OrderReport]) -> Known:
    known = merged(None, said[0], IDENTITY)
    for each in said[1:]:
        known = merged(known, each, IDENTITY)
    return known


@given(st.lists(reports(), min_size=1, max_size=5))
def test_it_says_the_same_read_as_kept(said: list[OrderReport]) -> None:
    known = _known(said)
    text = StoredOrders().write(known)
    read = StoredOrders().read(*text, OURS)
    assert read == known
    assert StoredOrders().write(read) == text


def test_what_was_written_is_not_decoded() -> None:
    orders, known = StoredOrders(), merge_order(None, report(), IDENTITY)
    assert orders.read(*orders.write(known), OURS) is known


def test_what_was_read_is_not_decoded_again() -> None:
    text = StoredOrders().write(merge_order(None, report(), IDENTITY))
    orders = StoredOrders()
    assert orders.read(*text, OURS) is orders.read(*text, OURS)


def test_the_row_says_which_connection_it_comes_through() -> None:
    orders, known = StoredOrders(), merge_order(None, report(), IDENTITY)
    text = orders.write(known)
    assert orders.read(*text, OTHERS).order.connection_id == OTHERS
    assert orders.read(*text, OURS) is known


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    orders = StoredOrders(most=2)
    known = [merge_order(None, report(name), IDENTITY) for name in ("b1", "b2", "b3")]
    first, second = (orders.write(each) for each in known[:2])
    orders.read(*first, OURS)
    orders.write(known[2])
    assert orders.read(*first, OURS) is known[0]
    assert orders.read(*second, OURS) is not known[1]
