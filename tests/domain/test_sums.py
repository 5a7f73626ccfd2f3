"""What an order's facts mean together, where each of them alone would mean something else."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import reduce

import pytest

from domain.facts import OrderReport, facts_of, join
from domain.order import OrderStatus
from domain.sums import summed
from tests.store.samples import fill, report


def together(*said: OrderReport) -> OrderStatus:
    """The status that all of this means."""
    return summed(reduce(join, map(facts_of, said))).status


def test_an_order_for_money_is_filled_once_the_broker_says_so() -> None:
    told = report(status=OrderStatus.FILLED, filled="3")
    bought = replace(told, terms=replace(told.terms, quantity=None, notional=Decimal(300)))
    assert together(bought) is OrderStatus.FILLED


@pytest.mark.parametrize("quantity", ["0.5", "1", "2"])
def test_an_order_is_filled_once_its_executions_add_up_to_it(quantity: str) -> None:
    told = report(quantity=quantity, execution=fill("e1", quantity))
    assert together(told) is OrderStatus.FILLED


@pytest.mark.parametrize("quantity", ["0.5", "1", "2"])
def test_an_order_is_partially_filled_by_the_least_of_executions(quantity: str) -> None:
    told = report(quantity="10", execution=fill("e1", quantity))
    assert together(told) is OrderStatus.PARTIALLY_FILLED


def test_an_order_for_nothing_is_not_filled_by_nothing() -> None:
    assert together(report(quantity="0")) is OrderStatus.NEW


def test_a_complete_fill_that_was_taken_back_whole_leaves_nobody_knows_what() -> None:
    filled = report(status=OrderStatus.FILLED, filled="10", execution=fill("e1", "10"))
    busted = report(seconds=1, status=OrderStatus.FILLED, filled="0", busted=("e1",))
    assert together(filled, busted) is OrderStatus.UNKNOWN


@pytest.mark.parametrize(
    ("claims", "meant"),
    [
        ((OrderStatus.REJECTED, OrderStatus.CANCELED), OrderStatus.CANCELED),
        ((OrderStatus.CANCELED, OrderStatus.EXPIRED), OrderStatus.EXPIRED),
        ((OrderStatus.EXPIRED, OrderStatus.REPLACED), OrderStatus.REPLACED),
        ((OrderStatus.REJECTED, OrderStatus.REPLACED), OrderStatus.REPLACED),
        ((OrderStatus.REPLACED, OrderStatus.FILLED), OrderStatus.FILLED),
    ],
)
def test_of_several_ends_the_strongest_claim_counts(
    claims: Iterable[OrderStatus], meant: OrderStatus
) -> None:
    told = [report(seconds=index, status=claim) for index, claim in enumerate(claims)]
    assert together(*told) is meant
    assert together(*reversed(told)) is meant
