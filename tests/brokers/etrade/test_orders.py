"""Orders as E*TRADE lists them: words that disagree, several parts, executions that add up."""

import json
from decimal import Decimal
from typing import Any

import pytest

from brokers.etrade.body import read
from brokers.etrade.orders import Heard, reports
from domain.errors import Unintelligible
from domain.facts import OrderReport, Source
from domain.order import OrderClass, OrderSide, OrderStatus, OrderType, TimeInForce
from tests.clock import START

HEARD = Heard(account="A", source=Source.POLL, at=START)
STOCK = {"symbol": "F", "securityType": "EQ"}


def option(strike: int, right: str = "CALL") -> dict[str, Any]:
    return {
        "symbol": "IBM",
        "securityType": "OPTN",
        "callPut": right,
        "expiryYear": 2027,
        "expiryMonth": 2,
        "expiryDay": 19,
        "strikePrice": strike,
    }


def part(product: dict[str, Any], action: str = "BUY", **more: Any) -> dict[str, Any]:
    return {"Product": product, "orderAction": action, "orderedQuantity": 10} | more


def row(*parts: dict[str, Any], events: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    detail = {
        "placedTime": 1780326000000,
        "status": "OPEN",
        "orderTerm": "GOOD_FOR_DAY",
        "priceType": "LIMIT",
        "limitPrice": 12.5,
        "marketSession": "REGULAR",
        "Instrument": list(parts),
    }
    return {
        "orderId": 7,
        "orderType": "EQ",
        "OrderDetail": [detail | more],
        "Events": {"Event": events or []},
    }


def told(listed: dict[str, Any]) -> list[OrderReport]:
    (order,) = read(json.dumps({"Order": [listed]}).encode()).rows("order")
    return list(reports(order, HEARD))


def event(quantity: float, price: float) -> dict[str, Any]:
    filled = {"filledQuantity": quantity, "averageExecutionPrice": price}
    return {
        "name": "ORDER_EXECUTED",
        "dateTime": 1780326001000,
        "Instrument": [part(STOCK) | filled],
    }


@pytest.mark.parametrize(
    ("word", "filled", "status"),
    [
        ("OPEN", 0, OrderStatus.NEW),
        ("OPEN", 4, OrderStatus.PARTIALLY_FILLED),
        ("PARTIAL", 4, OrderStatus.PARTIALLY_FILLED),
        ("INDIVIDUAL_FILLS", 4, OrderStatus.PARTIALLY_FILLED),
        ("INDIVIDUAL_FILLS", 10, OrderStatus.FILLED),
        ("EXECUTED", 10, OrderStatus.FILLED),
        ("EXECUTED", 4, OrderStatus.PARTIALLY_FILLED),
        ("DONE_TRADE_EXECUTED", 10, OrderStatus.FILLED),
        ("CANCEL_REQUESTED", 4, OrderStatus.PENDING_CANCEL),
        ("CANCELLED", 4, OrderStatus.CANCELED),
        ("EXPIRED", 0, OrderStatus.EXPIRED),
        ("REJECTED", 0, OrderStatus.REJECTED),
        ("OPTION_EXERCISE", 10, OrderStatus.UNKNOWN),
        ("SOMETHING_NEW", 0, OrderStatus.UNKNOWN),
    ],
)
def test_where_words_disagree_the_quantities_decide(
    word: str, filled: int, status: OrderStatus
) -> None:
    (report, *_) = told(row(part(STOCK, filledQuantity=filled), status=word))
    assert (report.status, report.raw_status) == (status, word)


def test_an_order_that_was_cancelled_for_another_was_replaced() -> None:
    (report,) = told(row(part(STOCK), status="CANCELLED", replacedByOrderId=8))
    assert (report.status, report.replaced_by) == (OrderStatus.REPLACED, "8")
    (report,) = told(row(part(STOCK), replacesOrderId=0))
    assert report.replaces is None


def test_executions_that_add_up_are_taken_and_others_are_not() -> None:
    filled = part(STOCK, filledQuantity=10)
    apart = told(row(filled, status="EXECUTED", events=[event(4, 12.4), event(6, 12.5)]))
    assert [one.execution.quantity for one in apart if one.execution] == [4, 6]
    assert [one.execution.execution_id for one in apart if one.execution] == ["7@4", "7@10"]
    sums = told(row(filled, status="EXECUTED", events=[event(4, 12.4), event(10, 12.46)]))
    assert [one.execution for one in sums] == [None]
    none = told(row(filled, status="EXECUTED"))
    assert [one.execution for one in none] == [None]


@pytest.mark.parametrize(
    ("word", "price", "kind", "limit"),
    [
        ("NET_DEBIT", 4.3, OrderType.NET, Decimal("4.3")),
        ("NET_CREDIT", 4.3, OrderType.NET, Decimal("-4.3")),
        ("NET_EVEN", 0, OrderType.NET, Decimal(0)),
        ("MARKET", 0, OrderType.MARKET, None),
        ("HIDDEN_STOP", 0, OrderType.OTHER, None),
    ],
)
def test_a_net_price_has_a_sign(
    word: str, price: float, kind: OrderType, limit: Decimal | None
) -> None:
    legs = (part(option(130), "BUY_OPEN"), part(option(131), "SELL_OPEN"))
    (report,) = told(row(*legs, priceType=word, limitPrice=price))
    assert (report.terms.type, report.terms.limit_price) == (kind, limit)
    assert report.terms.order_class is OrderClass.MULTI_LEG


def test_a_combination_counts_in_units_of_its_smallest_legs() -> None:
    legs = (
        part(option(120), "BUY_OPEN", orderedQuantity=2, filledQuantity=2),
        part(option(130), "SELL_OPEN", orderedQuantity=4, filledQuantity=4),
        part(option(140), "BUY_OPEN", orderedQuantity=2, filledQuantity=2),
    )
    prices = (12, 5, 1)
    filled = [
        leg | {"averageExecutionPrice": price} for leg, price in zip(legs, prices, strict=True)
    ]
    (report,) = told(row(*filled, status="EXECUTED", priceType="NET_DEBIT"))
    assert (report.terms.side, report.terms.quantity) == (OrderSide.BUY, Decimal(2))
    assert [leg.ratio for leg in report.legs] == [1, 2, 1]
    assert (report.status, report.filled_quantity) == (OrderStatus.FILLED, Decimal(2))
    assert report.average_price == 12 - 2 * 5 + 1


def test_an_order_for_an_auction_lives_until_it() -> None:
    (report,) = told(row(part(STOCK), priceType="LIMIT_ON_CLOSE"))
    assert (report.terms.type, report.terms.time_in_force) == (OrderType.LIMIT, TimeInForce.CLS)


@pytest.mark.parametrize(
    ("word", "amount", "percent"),
    [("TRAILING_STOP_CNST", "1.5", None), ("TRAILING_STOP_PRCT", None, "1.5")],
)
def test_a_trailing_stop_trails_by_money_or_percent(
    word: str, amount: str | None, percent: str | None
) -> None:
    for offset in ({"offsetValue": 1.5}, {"stopPrice": 1.5}):
        listed = row(part(STOCK), priceType=word)
        listed["OrderDetail"][0] |= offset
        (report,) = told(listed)
        terms = report.terms
        assert terms.trail_amount == (None if amount is None else Decimal(amount))
        assert terms.trail_percent == (None if percent is None else Decimal(percent))
        assert terms.stop_price is None


def test_the_parts_of_a_conditional_order_are_orders_of_their_own() -> None:
    listed = row(part(STOCK)) | {"orderType": "ONE_TRIGGERS_ALL"}
    listed["OrderDetail"] *= 2
    first, second = told(listed)
    assert (first.broker_order_id, first.parent) == ("7", None)
    assert (second.broker_order_id, second.parent) == ("7#2", "7")
    assert first.terms.order_class is OrderClass.OTHER


@pytest.mark.parametrize(
    "broken",
    [
        {"orderId": None},
        {"OrderDetail": []},
        {"OrderDetail": [{"status": "OPEN"}]},
        {"OrderDetail": [{"Instrument": [{"orderAction": "BUY"}]}]},
        {"OrderDetail": [{"Instrument": [part(STOCK, "HOLD")]}]},
        {"OrderDetail": [{"Instrument": [part(STOCK, filledQuantity="many")]}]},
    ],
)
def test_an_order_that_cannot_be_read_is_not_taken_for_none(broken: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible):
        told(row(part(STOCK)) | broken)
