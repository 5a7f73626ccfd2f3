"""Everything that is recorded of Coinbase is read: a file that no reader is named for fails."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.coinbase import errors, parse
from brokers.coinbase.fills import fill, fills
from brokers.coinbase.orders import Heard, report, terms, update
from brokers.coinbase.previews import previewed
from brokers.coinbase.prices import quoted, ticked
from brokers.coinbase.stream import orders_in
from brokers.coinbase.symbols import coin_of, pair_of, product_of
from brokers.coinbase.tickets import placement
from brokers.coinbase.transactions import transaction
from brokers.gate import Call, Purpose
from brokers.http import Answer
from brokers.wire import Row, document, rows
from domain.errors import InsufficientFunds, Unintelligible
from domain.facts import OrderReport, Source
from domain.order import OrderSide, OrderStatus, OrderType, Terms, TimeInForce
from domain.ticket import Ticket
from domain.transaction import TransactionType
from tests.recordings import RECORDINGS, needs_recordings, reader_of

RECORDED = RECORDINGS / "coinbase"
pytestmark = needs_recordings
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEARD = Heard(account="A", source=Source.POLL, at=NOW)
BITCOIN = pair_of("BTC-USD")
PLACING = Call(operation="place", purpose=Purpose.TRADE, method="POST", path="/orders")
KNOWN = Terms(
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal("0.01"),
    limit_price=Decimal(50_000),
)
TICKET = Ticket(account="A", client_order_id="cid", instrument=BITCOIN, terms=KNOWN)


def found() -> list[str]:
    return sorted(str(path.relative_to(RECORDED)) for path in RECORDED.rglob("*.json"))


def read(name: str) -> object:
    """A body; the examples of one SDK have theirs inside of a request."""
    body = document((RECORDED / name).read_bytes())
    inside = isinstance(body, dict) and "response" in body and "path" in body
    return body["response"] if inside and isinstance(body, dict) else body


def wallets(body: object) -> None:
    listed = Row(body, "the wallets").rows("accounts")
    assert listed
    held = parse.holdings(listed, Row({}, "nothing"))
    assert all(one.quantity > 0 for one in held)
    named = {one.instrument.symbol for one in held} | {
        one.currency for one in parse.balances(listed)
    }
    assert named


def portfolio(body: object) -> None:
    told = Row(body, "the portfolio").need_row("breakdown")
    assert parse.valuation(told, (), NOW).currency == "USD"
    held = [coin_of(row.need_text("asset")) for row in told.rows("spot_positions")]
    assert held
    parse.holdings((), told)


def recorded_portfolio(body: object) -> None:
    """The one that a real account answered with."""
    told = Row(body, "the portfolio").need_row("breakdown")
    worth = parse.valuation(told, (), NOW)
    assert worth.equity == Decimal("69952.54")
    wallet = {
        "currency": "API3",
        "type": "ACCOUNT_TYPE_CRYPTO",
        "available_balance": {"value": "49.39", "currency": "API3"},
        "hold": {"value": "0", "currency": "API3"},
    }
    held = parse.holdings(rows([wallet], "the wallets"), told)
    assert [one.cost_basis for one in held if one.quantity] == [Decimal("70.899345")]
    (mark,) = parse.marks(told, held, NOW)
    assert mark.price == Decimal("3.624499899")


def permissions(body: object) -> None:
    told = parse.account(Row(body, "the key"))
    assert told.number
    assert parse.MAY_TRANSFER in told.restrictions


def products(body: object) -> None:
    listed = parse.product_rows(Row(body, "the products"))
    assert listed
    for product_id, row in listed.items():
        instrument = pair_of(product_id, row.text("product_type"))
        assert product_of(instrument) == product_id
        product(row)


def product(body: object) -> None:
    row = body if isinstance(body, Row) else Row(body, "the product")
    steps = parse.increments(row)
    assert steps.tick
    assert steps.lot
    assert steps.tradable is not None


def books(body: object) -> None:
    named = {"BTC-USD": [BITCOIN], "ETH-USD": [pair_of("ETH-USD")]}
    listed = Row(body, "the books").rows("pricebooks")
    assert [mark.price for row in listed for mark in quoted(row, named)]


def order(body: object) -> None:
    told = report(Row(body, "the answer").need_row("order"), HEARD)
    assert told.status is OrderStatus.PARTIALLY_FILLED
    assert told.filled_quantity == Decimal("0.001")


def orders(body: object) -> None:
    """The example has no side in it, which is not guessed; all else of it is read."""
    text = json.dumps(body, default=str)
    with pytest.raises(Unintelligible, match="no readable side"):
        report(Row(json.loads(text), "the answer").rows("orders")[0], HEARD)
    sided = json.loads(text.replace('"side": ""', '"side": "SELL"'))
    told = [report(row, HEARD) for row in Row(sided, "the answer").rows("orders")]
    assert [one.terms.side for one in told] == [OrderSide.SELL]


def executions(body: object) -> None:
    listed = Row(body, "the answer").rows("fills")
    assert len(fills(listed)) == len(listed) > 0
    assert {transaction(row).type for row in listed} <= {TransactionType.BUY, TransactionType.SELL}


def placed(body: object) -> None:
    told = Row(body, "the answer")
    assert told.flag("success")
    assert told.need_row("success_response").text("order_id")


def edited(body: object) -> None:
    told = Row(body, "the answer")
    assert told.flag("success")
    # An object that names the reason UNKNOWN is there all the same, and means none.
    assert errors.order_refusal(told).broker_code is None


def canceled(body: object) -> None:
    (result,) = Row(body, "the answer").rows("results")
    assert result.flag("success")


def refused(body: object) -> None:
    told = errors.order_refusal(Row(body, "the answer"))
    assert isinstance(told, InsufficientFunds)
    assert told.broker_code == "INSUFFICIENT_FUND"
    assert "Insufficient balance" in told.message


def asked(body: object) -> None:
    """What the SDK sends for an order: we write the same configuration for the same terms."""
    sent = Row(body, "the request").need_row("json")
    if not sent.has("order_configuration"):
        return
    wanted = terms(sent)
    if wanted.order_class.value != "SIMPLE":
        return
    ticket = Ticket(account="A", client_order_id="cid", instrument=BITCOIN, terms=wanted)
    ours, theirs = placement(ticket)["order_configuration"], json.loads(json.dumps(body))
    (name,) = theirs["json"]["order_configuration"]
    configuration = theirs["json"]["order_configuration"][name]
    configuration.pop("post_only", None)
    assert ours == {name: configuration}


def frames(body: object) -> Iterator[Row]:
    yield Row(body, "the frame")


def user(body: object) -> None:
    (frame,) = frames(body)
    (row,) = orders_in(frame)
    at = frame.moment("timestamp")
    assert at is not None
    told = update(row, HEARD, at, KNOWN)
    assert told.status is not OrderStatus.UNKNOWN
    assert told.terms == KNOWN


def ticker(body: object) -> None:
    (frame,) = frames(body)
    marks = list(ticked(frame, {"ETH-USDT": [pair_of("ETH-USDT")]}))
    assert [(one.price, one.currency) for one in marks] == [(Decimal("21932.98"), "USDT")]


def unheard(body: object) -> None:
    """Acknowledgements, errors, and channels that are not subscribed to: no reader may break."""
    (frame,) = frames(body)
    assert not list(ticked(frame, {}))


def other(body: object) -> None:
    """Not asked for by us: still, no reader may break on it."""


READERS: list[tuple[str, Callable[[object], None]]] = [
    ("errors/default_failure_response.json", refused),
    ("errors/ws_*", unheard),
    ("rest/*/list_accounts_*", wallets),
    ("rest/*/getaccounts.json", wallets),
    ("rest/kmiq_recorded/get_portfolio_breakdown*", recorded_portfolio),
    ("rest/jkorf_doc_examples/getportfolio.json", portfolio),
    ("rest/jkorf_doc_examples/getapikeyinfo.json", permissions),
    ("rest/kmiq_recorded/list_products_*", products),
    ("rest/jkorf_doc_examples/getsymbols.json", products),
    ("rest/kmiq_recorded/get_product_success_response.json", product),
    ("rest/kmiq_recorded/get_best_bid_ask_*", books),
    ("rest/jkorf_doc_examples/getorder.json", order),
    ("rest/jkorf_doc_examples/getorders.json", orders),
    ("rest/jkorf_doc_examples/getusertrades.json", executions),
    ("rest/jkorf_doc_examples/placeorder.json", placed),
    ("rest/jkorf_doc_examples/closeposition.json", placed),
    ("rest/jkorf_doc_examples/editorder.json", edited),
    ("rest/jkorf_doc_examples/cancelorders.json", canceled),
    ("rest/sdk_requests_captured/*", asked),
    ("rest/jkorf_doc_examples/*", other),
    ("rest/kmiq_recorded/*", other),
    ("ws/derived/user_*", user),
    ("ws/jkorf/user_3_event.json", user),
    ("ws/jkorf/ticker_3_event.json", ticker),
    ("ws/jkorf/*", unheard),
]


def test_there_is_something_recorded() -> None:
    assert len(found()) > 100


@pytest.mark.parametrize("name", found())
def test_a_recorded_file_is_read_by_its_reader(name: str) -> None:
    reader_of(name, READERS)(read(name))


@pytest.mark.parametrize("name", found())
def test_no_reader_breaks_on_a_file_that_is_not_its_own(name: str) -> None:
    body = read(name)
    for reader in READINGS:
        with suppress(Unintelligible):
            reader(Row(body, "it"))


def _streamed(row: Row) -> list[OrderReport]:
    return [update(one, HEARD, NOW, KNOWN) for one in orders_in(row)]


READINGS: list[Callable[[Row], object]] = [
    lambda row: report(row, HEARD),
    lambda row: [report(one, HEARD) for one in row.rows("orders")],
    _streamed,
    fill,
    transaction,
    parse.account,
    parse.increments,
    parse.product_rows,
    lambda row: parse.balances([row]),
    lambda row: parse.holdings(row.rows("accounts"), row),
    lambda row: parse.valuation(row, [row], NOW),
    lambda row: parse.marks(row, [], NOW),
    lambda row: previewed(row, TICKET, NOW),
    lambda row: list(ticked(row, {})),
    lambda row: list(quoted(row, {})),
    errors.order_refusal,
    lambda row: errors.refusal(Answer(status=400, headers={}, body=b""), PLACING),
]
