"""The portfolio, asked for and watched."""

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.reference_file import ReferenceFile
from domain.account import Balance
from domain.connection import Connection
from domain.ids import AccountId
from domain.transaction import Reading, TransactionsRead, TransactionType
from tests.clock import START
from tests.graph.asking import ask, viewer
from tests.graph.conversation import talking
from tests.graph.test_transactions import PAID
from tests.server import Served
from tests.streaming import samples

FILE = "<Cube><Cube time='2026-05-29'><Cube currency='USD' rate='1.25'/></Cube></Cube>"
PORTFOLIO = """
query($base: CurrencyCode!, $environments: [Environment!]) {
  portfolio(base: $base, environments: $environments) {
    base environments asOf oldestPriceAt value cash dayChange unrealizedPnl
    realized { pnl leftOut { instrument { symbol } } }
    allocation {
      byBroker { key value share } byAccount { accountId value } byAssetClass { key value }
      byCurrency { key value } byInstrument { instrument { symbol } value }
    }
    rates { currency base rate source asOf }
    leftOut { accountId reason currency instrument { symbol } amount }
  }
}
"""


async def linked(server: Served) -> Connection:
    """Two accounts, of which one has euros too."""
    one, two = samples.account("PA-ONE-1"), samples.account("PA-TWO-2")
    connection = await server.link(one, two)
    marks = (samples.mark(110, previous_close=Decimal(100)),)
    first = samples.snapshot(samples.holding(5), number="PA-ONE-1", marks=marks, cash=100)
    second = samples.snapshot(samples.holding(1, samples.MSFT), number="PA-TWO-2", cash=50)
    euros = Balance(currency="EUR", cash=Decimal(30))
    second = replace(second, balances=(*second.balances, euros))
    for snapshot in (first, second):
        await server.house.stores.ledger.record(connection.user_id, connection.id, snapshot)
    return connection


async def shown(server: Served, **variables: Any) -> Any:
    ada = await viewer(server)
    return (await ask(server, ada, PORTFOLIO, **{"base": "USD", **variables}))["portfolio"]


async def test_everything_is_added_up_and_what_is_not_is_listed(server: Served) -> None:
    await linked(server)
    found = await shown(server)
    assert found["environments"] == ["PAPER"]
    assert (found["value"], found["cash"], found["dayChange"]) == ("700", "150", "50")
    assert found["unrealizedPnl"] == "50"
    spread = found["allocation"]
    assert spread["byBroker"] == [{"key": "alpaca", "value": "700", "share": "1.000000"}]
    assert spread["byAssetClass"] == [
        {"key": "EQUITY", "value": "550"},
        {"key": "CASH", "value": "150"},
    ]
    assert [each["instrument"] for each in spread["byInstrument"]] == [{"symbol": "AAPL"}, None]
    left = {(one["reason"], one["currency"], one["amount"]) for one in found["leftOut"]}
    assert left == {("NO_RATE", "EUR", "30"), ("NO_PRICE", "USD", "1")}
    assert found["rates"] == []
    assert (await shown(server, environments=["LIVE"]))["value"] == "0"


async def test_gains_are_unknown_until_all_books_have_been_read(server: Served) -> None:
    connection = await linked(server)
    assert (await shown(server))["realized"] is None
    bought = replace(PAID, type=TransactionType.BUY, quantity=Decimal(2), amount=Decimal(-200))
    sold = replace(bought, broker_id="2", quantity=Decimal(-1), amount=Decimal(130))
    sold = replace(sold, type=TransactionType.SELL, at=START.replace(year=2027))
    for number, told in (("PA-ONE-1", (bought, sold)), ("PA-TWO-2", ())):
        read = TransactionsRead(account=number, transactions=told, reading=Reading(until=START))
        await server.house.stores.ledger.record(connection.user_id, connection.id, read)
    assert (await shown(server))["realized"]["pnl"] == "30"


async def test_an_allowance_cuts_the_portfolio(server: Served) -> None:
    await linked(server)
    ada = replace(await viewer(server), accounts=frozenset({AccountId("none")}))
    found = (await ask(server, ada, PORTFOLIO, base="USD"))["portfolio"]
    assert (found["value"], found["leftOut"]) == ("0", [])
    eve = await viewer(server, "eve")
    assert (await ask(server, eve, PORTFOLIO, base="USD"))["portfolio"]["value"] == "0"


async def test_a_watcher_is_told_of_prices_cash_and_rates(server: Served) -> None:
    connection = await linked(server)
    query = 'subscription { portfolioUpdated(base: "USD", maxRate: 20) { value cash } }'
    house = server.house
    async with talking(server.socket_url, token=await server.token()) as talk:
        await talk.subscribe("1", query)
        assert (await talk.data("1"))["portfolioUpdated"] == {"value": "700", "cash": "150"}
        live = house.services.marks.set(
            connection.id, samples.mark(120, at=START.replace(year=2027))
        )
        assert live is not None
        house.hub.publish(connection.user_id, live, connection.id)
        assert (await talk.data("1"))["portfolioUpdated"]["value"] == "750"
        richer = samples.snapshot(
            samples.holding(5), number="PA-ONE-1", cash=101, at=START.replace(year=2027)
        )
        await house.stores.ledger.record(connection.user_id, connection.id, richer)
        assert (await talk.data("1"))["portfolioUpdated"] == {"value": "751", "cash": "151"}


async def test_gains_are_no_part_of_a_subscription(server: Served) -> None:
    query = 'subscription { portfolioUpdated(base: "USD") { realized { pnl } } }'
    async with talking(server.socket_url, token=await server.token()) as talk:
        await talk.subscribe("1", query)
        assert (await talk.next())["type"] == "error"


async def test_a_disconnected_connection_no_longer_counts(server: Served) -> None:
    connection = await linked(server)
    await server.house.stores.connections.disconnect(connection.user_id, connection.id, purge=False)
    found = await shown(server)
    assert found["value"] == "0"
    assert {one["reason"] for one in found["leftOut"]} == {"DISCONNECTED"}


@pytest.mark.parametrize("text", [None, "", "<html>"])
def test_without_a_readable_file_there_are_no_reference_rates(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "ecb.xml"
    if text is not None:
        path.write_text(text)
    assert ReferenceFile(path).money().reference is None


def test_the_reference_file_is_read_again_when_it_is_another(tmp_path: Path) -> None:
    path = tmp_path / "ecb.xml"
    reference = ReferenceFile(path)
    assert reference.money().reference is None
    for moment, rate in enumerate(("1.25", "1.50"), 1):
        path.write_text(FILE.replace("1.25", rate))
        os.utime(path, (moment, moment))
        told = reference.money().reference
        assert told is not None
        assert told.per_euro["USD"] == Decimal(rate)
    path.unlink()
    assert reference.money().reference is None
