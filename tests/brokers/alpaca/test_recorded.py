"""Everything that is recorded of Alpaca is read: a file that no reader is named for fails."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.alpaca import errors, parse
from brokers.alpaca.fills import Fills
from brokers.alpaca.orders import Heard, reports
from brokers.alpaca.quotes import STOCKS, mark_of, snapshots, ticked, ticks
from brokers.alpaca.stream import reports_of
from brokers.alpaca.symbols import instrument_of
from brokers.wire import Row, document, rows
from domain.account import AccountStatus
from domain.errors import Unintelligible
from domain.facts import OrderReport, Source
from domain.order import OrderStatus, OrderType, TimeInForce
from tests.recordings import RECORDINGS, needs_recordings, reader_of

RECORDED = RECORDINGS / "alpaca"
pytestmark = needs_recordings
FOLDERS = ("errors", "market_data_ws", "rest", "trade_updates")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEARD = Heard(account="A", source=Source.POLL, at=NOW)
APPLE = instrument_of("AAPL", "us_equity")


def found() -> list[str]:
    names = (path for folder in FOLDERS for path in (RECORDED / folder).rglob("*.json"))
    return sorted(str(path.relative_to(RECORDED)) for path in names)


def order(body: object) -> None:
    report, *_ = reports(Row(body, "the order"), HEARD)
    assert report.raw_status
    assert report.status is not OrderStatus.UNKNOWN
    assert report.stamp.time is not None
    assert report.terms.quantity is not None or report.terms.notional is not None
    assert report.terms.type is not OrderType.OTHER
    assert report.terms.time_in_force is not TimeInForce.OTHER


def orders(body: object) -> None:
    for one in rows(body, "the orders"):
        list(reports(one, HEARD))
    assert isinstance(body, list)
    order(body[0])


def closed(body: object) -> None:
    """What closing positions answers: orders, and refusals beside them."""
    for one in rows(body, "the results"):
        result = one.need_row("body")
        assert result.has("code") or list(reports(result, HEARD))


def account(body: object) -> None:
    row = Row(body, "the account")
    report = parse.account(row)
    assert report.number
    assert report.status is AccountStatus.OPEN
    assert parse.balances(row)[0].cash == Decimal(str(row.amount("cash")))
    assert parse.valuation(row, NOW).net_liquidation is not None


def position(body: object) -> None:
    row = Row(body, "the position")
    held = parse.holding(row, "USD")
    assert held.quantity != 0
    assert held.cost_basis is not None
    mark = parse.mark(row, "USD", NOW)
    assert mark is not None
    assert mark.instrument_id == held.instrument.id


def positions(body: object) -> None:
    assert isinstance(body, list)
    for one in body:
        position(one)


def positions_by_account(body: object) -> None:
    assert isinstance(body, dict)
    for listed in body["positions"].values():
        positions(listed)


def activities(body: object) -> None:
    listed = rows(body if isinstance(body, list) else [body], "the activities")
    expected = [row for row in listed if row.text("activity_type") == "FILL"]
    assert len(parse.fills(listed)) == len(expected)


def error(body: object) -> None:
    said = errors.said_in(json.dumps(body).encode())
    assert said.message


def snapshot(body: object) -> None:
    found = snapshots(body, STOCKS)
    assert found
    assert all(mark_of(APPLE, row) for row in found.values())


def one_snapshot(body: object) -> None:
    assert mark_of(APPLE, Row(body, "the snapshot")) is not None


def nested(name: str) -> Callable[[object], None]:
    """A body whose trade or quote is the same as a stream's tick."""

    def read(body: object) -> None:
        tick = Row(body, "the answer").need_row(name)
        assert tick.amount("p", "bp") is not None

    return read


def tick(body: object) -> None:
    (message,) = ticks(body)
    mark = ticked(None, APPLE, message)
    assert mark is not None
    assert mark.price > 0


def no_price(body: object) -> None:
    """Bars and trading statuses are not subscribed to and bring no price."""
    assert all(ticked(None, APPLE, message) is None for message in ticks(body))


def control(body: object) -> None:
    (message,) = ticks(body)
    assert message.text("T") in {"error", "success", "subscription"}


def update(body: object) -> None:
    data = Row(body, "the frame").need_row("data")
    head, *_ = reports_of(data, Heard(account="A", source=Source.STREAM, at=NOW), Fills())
    assert head.status is not OrderStatus.UNKNOWN
    assert head.stamp.time is not None
    if data.text("event") == "fill":
        assert head.filled_quantity > 0


def handshake(body: object) -> None:
    row = Row(body, "the frame")
    assert row.text("stream") in {"authorization", "listening"}
    assert row.row("data")


def other(body: object) -> None:
    """Not asked for by us: still, no reader may break on it."""


READERS: list[tuple[str, Callable[[object], None]]] = [
    ("errors/*", error),
    ("market_data_ws/stock_client_*", other),
    ("market_data_ws/stock_server_[tq].json", tick),
    ("market_data_ws/stock_server_[bds].json", no_price),
    ("market_data_ws/*", control),
    ("rest/orders/*", order),
    ("rest/requests/*", other),
    ("rest/sdk_requests_captured/*", other),
    ("rest/alpaca_py_tests/get_orders.json", orders),
    ("rest/alpaca_py_tests/*_order.json", order),
    ("rest/alpaca_py_tests/order_position_intent*", order),
    ("rest/alpaca_py_tests/close_position_with_qty.json", order),
    ("rest/alpaca_py_tests/close_all_positions*", closed),
    ("rest/alpaca_py_tests/get_account.json", account),
    ("rest/alpaca_py_tests/get_all_positions.json", positions),
    ("rest/alpaca_py_tests/get_all_accounts_positions.json", positions_by_account),
    ("rest/alpaca_py_tests/*activities*", activities),
    ("rest/alpaca_py_tests/cancel_orders*", other),
    ("rest/alpaca_py_tests/get_*asset*", other),
    ("rest/alpaca_py_tests/get_account_configurations*", other),
    ("rest/alpaca_py_tests/get_announcements.json", other),
    ("rest/alpaca_py_tests/get_option_contract*", other),
    ("rest/alpaca_py_tests/get_portfolio_history*", other),
    ("rest/alpaca_trade_api_python_tests/api.json", account),
    ("rest/alpaca_trade_api_python_tests/api_[23].json", other),
    ("rest/alpaca_trade_api_python_tests/chronos*", other),
    ("rest/alpaca_trade_api_python_tests/data.json", nested("trade")),
    ("rest/alpaca_trade_api_python_tests/data_2.json", nested("quote")),
    ("rest/alpaca_trade_api_python_tests/data_3.json", one_snapshot),
    ("rest/alpaca_trade_api_python_tests/data_4.json", snapshot),
    ("rest/alpaca_trade_api_python_tests/data_5.json", other),
    ("rest/alpaca_trade_api_python_tests/errors_4.json", order),
    ("rest/alpaca_trade_api_python_tests/errors*", error),
    ("rest/alpaca_trade_api_python_tests/orders.json", orders),
    ("rest/alpaca_trade_api_python_tests/orders_[234].json", order),
    ("rest/alpaca_trade_api_python_tests/positions.json", positions),
    ("rest/alpaca_trade_api_python_tests/positions_2.json", position),
    ("rest/alpaca_trade_api_python_tests/watchlists*", other),
    ("rest/openapi_examples/account_example_1.json", account),
    ("rest/openapi_examples/get_v2_account_200.json", account),
    ("rest/openapi_examples/position_example_*", position),
    ("rest/openapi_examples/tradingactivities_*", activities),
    ("rest/openapi_examples/nontradeactivities_*", activities),
    ("rest/openapi_examples/positionclosedreponse_*", lambda body: closed([body])),
    ("rest/openapi_examples/*_[45][0-9][0-9]*", error),
    ("rest/openapi_examples/locatequoteerror_*", error),
    ("rest/openapi_examples/accountconfigurations_*", other),
    ("rest/openapi_examples/advancedinstructions_*", other),
    ("rest/openapi_examples/assets_*", other),
    ("rest/openapi_examples/canceledorderresponse_*", other),
    ("rest/openapi_examples/createlocaterequest_*", other),
    ("rest/openapi_examples/get_v2_watchlists_*", other),
    ("rest/openapi_examples/legacy_clock_*", other),
    ("rest/openapi_examples/listlocate*", other),
    ("rest/openapi_examples/locate*", other),
    ("rest/openapi_examples/portfoliohistory_*", other),
    ("rest/openapi_examples/watchlist*", other),
    ("trade_updates/derived/*", update),
    ("trade_updates/official/server_trade_updates_*", update),
    ("trade_updates/official/server_*", handshake),
    ("trade_updates/official/client_*", other),
]


def read(name: str) -> object:
    return document((RECORDED / name).read_bytes())


def test_there_is_something_recorded() -> None:
    assert len(found()) > 150


@pytest.mark.parametrize("name", found())
def test_a_recorded_file_is_read_by_its_reader(name: str) -> None:
    reader_of(name, READERS)(read(name))


@pytest.mark.parametrize("name", found())
def test_no_reader_breaks_on_a_file_that_is_not_its_own(name: str) -> None:
    body = read(name)
    for reader in READINGS:
        with suppress(Unintelligible):
            reader(body)


def _reports(body: object) -> list[OrderReport]:
    return list(reports(Row(body, "it"), HEARD))


READINGS: list[Callable[[object], object]] = [
    _reports,
    lambda body: parse.account(Row(body, "it")),
    lambda body: parse.balances(Row(body, "it")),
    lambda body: parse.valuation(Row(body, "it"), NOW),
    lambda body: parse.holding(Row(body, "it"), "USD"),
    lambda body: parse.mark(Row(body, "it"), "USD", NOW),
    lambda body: parse.fills(rows(body, "it")),
    lambda body: mark_of(APPLE, Row(body, "it")),
    lambda body: [mark_of(APPLE, row) for row in snapshots(body, STOCKS).values()],
    lambda body: [ticked(None, APPLE, message) for message in ticks(body)],
    lambda body: list(reports_of(Row(body, "it"), HEARD, Fills())),
]
