"""Everything that is recorded of E*TRADE is read: a file that no reader is named for fails."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from brokers.etrade import accounts, body, errors, portfolio, previews
from brokers.etrade.orders import Heard, placed_id, reports
from brokers.etrade.quotes import contracts, looked_up, mark
from brokers.etrade.sign_in import pair
from brokers.etrade.symbols import instrument_of
from brokers.etrade.transactions import transaction
from brokers.gate import Call, Purpose
from brokers.http import Answer
from domain.account import AccountStatus
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    InsufficientFunds,
    InvalidTicket,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unintelligible,
)
from domain.facts import Source
from domain.instrument import AssetClass, Instrument
from domain.order import OrderStatus
from tests.recordings import RECORDINGS, needs_recordings, reader_of

RECORDED = RECORDINGS / "etrade"
pytestmark = needs_recordings
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEARD = Heard(account="A", source=Source.POLL, at=NOW)
PLACING = Call(operation="place", purpose=Purpose.TRADE, method="POST", path="/v1/orders/place")
READING = Call(operation="list", purpose=Purpose.READ, method="GET", path="/v1/accounts/list")
APPLE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")

Reader = Callable[[bytes], object]


def found() -> list[str]:
    return sorted(path.name for path in RECORDED.glob("*") if path.name != "INDEX.md")


def listed_accounts(content: bytes) -> None:
    rows = accounts.listed(body.read(content))
    assert rows
    for row in rows:
        report = accounts.account(row)
        assert report.status in {AccountStatus.OPEN, AccountStatus.CLOSED}
        assert row.need_text("accountIdKey")


def balance(content: bytes) -> None:
    response = body.read(content).need_row("balanceResponse")
    assert accounts.balances(response)
    worth = accounts.valuation(response, NOW)
    assert worth.buying_power is not None
    assert worth.net_liquidation is not None


def positions(content: bytes) -> None:
    rows = portfolio.page(body.read(content)).positions
    assert rows
    for one in portfolio.holdings(rows):
        assert one.quantity
        assert one.cost_basis is not None
    assert all(portfolio.mark(row, NOW) for row in rows)


def position_pages(content: bytes) -> None:
    """Positions without a quantity: it is the pages that are told."""
    pages = [portfolio.page(body.read(json.dumps(one).encode())) for one in pages_of(content)]
    assert [page.next_page for page in pages] == ["2", "3", None]
    assert [instrument_of(row).symbol for page in pages for row in page.positions] == [
        "AAPL",
        "MSFT",
        "GOOG",
    ]


def orders(content: bytes) -> None:
    rows = body.read(content).need_row("ordersResponse").rows("order")
    assert rows
    for row in rows:
        for report in reports(row, HEARD):
            assert report.status is not OrderStatus.UNKNOWN
            assert report.terms.quantity is not None


def made_up_order(content: bytes) -> None:
    (row,) = body.read(content).need_row("ordersResponse").rows("order")
    (report,) = reports(row, HEARD)
    assert (report.status, report.raw_status) == (OrderStatus.UNKNOWN, "example")


def order_pages(content: bytes) -> None:
    """Orders that have nothing but their ids."""
    markers = [
        body.read(json.dumps(one).encode()).need_row("ordersResponse").text("marker")
        for one in pages_of(content)
    ]
    assert markers[-1] is None or markers[-1] in markers[:-1]


def transactions(content: bytes) -> None:
    rows = body.read(content).need_row("transactionListResponse").rows("transaction")
    assert rows
    for row in rows:
        one = transaction(row)
        assert one.amount is not None
        assert one.raw_type


def made_up_transactions(content: bytes) -> None:
    """Entries that have nothing but their ids cannot be dated, and are not guessed at."""
    for row in body.read(content).need_row("transactionListResponse").rows("transaction"):
        with pytest.raises(Unintelligible):
            transaction(row)


def transaction_pages(content: bytes) -> None:
    rows = [
        body.read(json.dumps(one).encode()).need_row("transactionListResponse").rows("transaction")
        for one in pages_of(content)
    ]
    ids = [[row.need_text("transactionId") for row in page] for page in rows]
    assert all(before[-1] == after[0] for before, after in pairwise(ids))


def transaction_details(content: bytes) -> None:
    response = body.read(content).need_row("transactionDetailsResponse")
    one = transaction(response)
    assert one.amount == -2


def preview(content: bytes) -> None:
    response = body.read(content).need_row("previewOrderResponse")
    told = previews.preview(response, APPLE)
    assert previews.ids(response)
    # Its own sandbox leaves the total out.
    assert told.cost is not None or told.commission is not None


def placement(content: bytes) -> None:
    assert placed_id(body.read(content).need_row("placeOrderResponse"))


def cancel(content: bytes) -> None:
    assert body.read(content).need_row("cancelOrderResponse").text("orderId")


def quotes(content: bytes) -> None:
    rows = body.read(content).need_row("quoteResponse").rows("quoteData")
    assert rows
    priced = [one for one in map(mark, rows) if one is not None]
    assert priced
    assert all(one.price > 0 for one in priced)


def no_quote(content: bytes) -> None:
    assert body.read(content).need_row("quoteResponse").rows("quoteData") == ()


def lookup(content: bytes) -> None:
    assert [one.asset_class for one in looked_up(body.read(content))]


def chain(content: bytes) -> None:
    """Old samples have no symbols: what can be named is an option."""
    assert all(one.option for one in contracts(body.read(content)))


def readable(content: bytes) -> None:
    """Bodies of what is not asked for here."""
    assert list(body.read(content))


def request(content: bytes) -> None:
    """What E*TRADE's own samples send; tests of tickets compare ours with them."""
    assert list(json.loads(content))


def refused(*expected: type[BrokerError], status: int = 400, call: Call = PLACING) -> Reader:
    def check(content: bytes) -> None:
        answer = Answer(status=status, headers={}, body=content)
        error = errors.refusal(answer, call, NOW)
        assert type(error) in expected
        assert error is not None
        assert "<" not in error.message

    return check


def token(content: bytes) -> None:
    assert len(pair(content)) == 2


def text(content: bytes) -> None:
    assert content.decode()


def codes(content: bytes) -> None:
    """Every number has a kind, known or not; none of them is a success."""
    for module in json.loads(content).values():
        for code in module:
            told = json.dumps({"Error": {"code": int(code), "message": "x"}}).encode()
            assert errors.refusal(Answer(status=400, headers={}, body=told), PLACING, NOW)


def pages_of(content: bytes) -> list[object]:
    found: list[object] = json.loads(content)["pages"]
    return found


READERS: tuple[tuple[str, Reader], ...] = (
    ("accounts_list*", listed_accounts),
    ("etpy_account_list*", listed_accounts),
    ("sandbox_accounts_list*", listed_accounts),
    ("balance*", balance),
    ("etpy_account_balance*", balance),
    ("etpy_portfolio_pages*", position_pages),
    ("etpy_portfolio*", positions),
    ("portfolio_quick*", positions),
    ("etpy_orders_pages*", order_pages),
    ("etpy_orders_response_full*", made_up_order),
    ("etpy_orders*", orders),
    ("orders_list*", orders),
    ("order_detail*", orders),
    ("etpy_transactions_inclusive*", transaction_pages),
    ("etpy_transactions_response_page2*", made_up_transactions),
    ("etpy_transactions*", transactions),
    ("transactions_list*", transactions),
    ("*transaction_details*", transaction_details),
    ("*request*.json", request),
    ("*preview*response*", preview),
    ("*place*response*", placement),
    ("*cancel*response*", cancel),
    ("quote_invalid*", no_quote),
    ("*quote*", quotes),
    ("*lookup*", lookup),
    ("*option_chain*", chain),
    ("*option_exp*", readable),
    ("*alert*", readable),
    ("etpy_documented*", readable),
    ("error_codes*", codes),
    ("error_1021*", refused(InsufficientFunds)),
    ("error_101_*", refused(errors.NoSuchPreview)),
    ("error_100*", refused(OutcomeUnknown)),
    ("error_generic*", refused(OutcomeUnknown, call=READING)),
    ("error_401_token*", refused(errors.Stale, status=401)),
    ("error_401_consumer*", refused(CredentialsRejected, status=401)),
    ("error_401_timestamp*", refused(Refused, status=401)),
    ("error_invalid_consumer*", refused(CredentialsRejected, status=500)),
    ("error_oauth_parameters*", refused(Refused, status=401)),
    ("error_rate_limit*", refused(RateLimited)),
    ("error_9999*", refused(InvalidTicket, status=405)),
    ("error_53*", refused(Refused, status=404, call=READING)),
    ("oauth_request_token_response*", token),
    ("oauth_*", text),
)


def test_something_is_recorded() -> None:
    assert len(found()) > 80


@pytest.mark.parametrize("name", found())
def test_what_is_recorded_is_read(name: str) -> None:
    reader_of(name, READERS)((RECORDED / name).read_bytes())
