"""What a line knows of its orders' executions is bounded, and is asked for so often only."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from brokers.executions import MOST_ORDERS, Executions
from domain.order import Execution

FILL = Execution(
    execution_id="e-1", quantity=Decimal(2), price=Decimal(10), at=datetime(2026, 6, 1, tzinfo=UTC)
)


def test_those_of_an_order_add_up_and_one_known_again_takes_its_own_place() -> None:
    known = Executions()
    known.keep("o-1", FILL, replace(FILL, execution_id="e-2"))
    known.keep("o-1", replace(FILL, quantity=Decimal(3)))
    assert known.quantity("o-1") == 5
    known.drop("o-1", "e-2")
    known.drop("o-2", "e-1")
    assert list(known.of("o-1")) == ["e-1"]
    assert known.quantity("o-2") == 0


def test_the_order_known_first_is_forgotten_and_what_was_known_of_it_returned() -> None:
    known = Executions()
    for number in range(MOST_ORDERS):
        assert known.keep(f"o-{number}", FILL) == {}
    assert known.keep("o-0", replace(FILL, execution_id="e-2")) == {}
    assert list(known.keep("another", FILL)) == ["e-1", "e-2"]
    assert (known.of("o-0"), list(known.of("o-1"))) == ({}, ["e-1"])
