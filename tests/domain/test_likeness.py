"""An order that is not told by our id is taken for ours only if it can be nobody else's."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.facts import OrderReport, Source, Stamp
from domain.instrument import AssetClass, Instrument
from domain.likeness import LATE, SKEW, Sought, recognized
from domain.order import OrderSide, OrderStatus, OrderType, Terms, TimeInForce
from domain.ticket import Ticket
from tests.clock import START

APPLE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
TERMS = Terms(
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(2),
    limit_price=Decimal("99.50"),
)
SOUGHT = Sought(
    ticket=Ticket(account="1", client_order_id="bg-1", instrument=APPLE, terms=TERMS),
    since=START,
    until=START + timedelta(seconds=30),
)


def listed(name: str = "7", terms: Terms = TERMS, seconds: float = 1) -> OrderReport:
    return OrderReport(
        account="1",
        broker_order_id=name,
        client_order_id=None,
        instrument=APPLE,
        terms=terms,
        status=OrderStatus.NEW,
        raw_status="OPEN",
        stamp=Stamp(time=None, source=Source.POLL, arrival=START),
        submitted_at=START + timedelta(seconds=seconds),
    )


def test_the_one_that_fits_is_it_however_often_it_is_listed() -> None:
    same = replace(TERMS, quantity=Decimal("2.000"), limit_price=Decimal("99.5"))
    found = recognized(SOUGHT, [listed(), listed("8", replace(TERMS, quantity=Decimal(3)))])
    assert found == listed()
    assert recognized(SOUGHT, [listed(terms=same), listed(terms=same)]) is not None


def test_two_that_fit_are_nobodys() -> None:
    assert recognized(SOUGHT, [listed("7"), listed("8")]) is None


def test_an_order_that_two_sendings_could_have_made_is_nobodys() -> None:
    twin = replace(SOUGHT, ticket=replace(SOUGHT.ticket, client_order_id="bg-2"))
    other = replace(SOUGHT, ticket=replace(SOUGHT.ticket, account="2"))
    assert recognized(SOUGHT, [listed()], [twin]) is None
    assert recognized(SOUGHT, [listed()], [other]) is not None


def test_what_is_known_to_be_anothers_is_not_it() -> None:
    known = replace(SOUGHT, others=frozenset({"7"}))
    assert recognized(known, [listed("7")]) is None
    assert recognized(known, [listed("7"), listed("8")]) == listed("8")


def test_a_change_is_known_by_the_order_whose_place_it_takes() -> None:
    change = replace(SOUGHT, replaces="5")
    other_quantity = replace(TERMS, quantity=Decimal(1))
    new = replace(listed(terms=other_quantity), replaces="5")
    assert recognized(change, [new, listed("8")]) == new
    assert recognized(SOUGHT, [new]) is None


@given(st.floats(-3600, 3600))
def test_only_what_was_placed_around_the_sending_is_it(seconds: float) -> None:
    placed = START + timedelta(seconds=seconds)
    in_time = SOUGHT.since - SKEW <= placed <= SOUGHT.until + LATE + SKEW
    assert (recognized(SOUGHT, [listed(seconds=seconds)]) is not None) == in_time


CHANGES = [
    {"side": OrderSide.SELL},
    {"type": OrderType.STOP_LIMIT},
    {"time_in_force": TimeInForce.GTC},
    {"quantity": Decimal("2.001")},
    {"limit_price": Decimal("99.51")},
    {"stop_price": Decimal(90)},
    {"trail_percent": Decimal(1)},
    {"extended_hours": True},
]


@given(st.sampled_from(CHANGES))
def test_whatever_it_says_otherwise_makes_it_another(change: dict[str, object]) -> None:
    other = replace(TERMS, **change)  # type: ignore[arg-type]  # by name
    assert recognized(SOUGHT, [listed(terms=other)]) is None
