"""The money seen as one, from the broker's wire to GraphQL, through a restart."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.account import MovementKind
from sandbox.orders import Side, Ticket
from tests.flow.world import Api, world
from tests.graph.conversation import talking
from tests.waiting import asked_until

TRANSACTIONS = """
query($after: Cursor) {
  transactions(first: 100, after: $after) {
    edges { node { id type amount quantity instrument { symbol } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
PORTFOLIO = """
{ portfolio(base: "USD") {
    value cash leftOut { reason } realized { pnl leftOut { instrument { symbol } } }
    allocation { byInstrument { instrument { symbol } value } byAssetClass { key value } }
} }
"""
HISTORY = """
query($since: Date!) { portfolioHistory(base: "USD", since: $since) { days { day value } } }
"""
QUOTES = """
{ quotes(symbols: ["AAPL", "BTC/USD"]) { instrument { symbol } price }
  instruments(search: "Apple", first: 1) { symbol } }
"""
WATCH = 'subscription { quoteUpdated(symbols: ["MSFT"]) { instrument { symbol } price } }'


async def told(api: Api) -> dict[str, Any]:
    """What the API says of the past, which a restart must not change."""
    since = (datetime.now(UTC) - timedelta(days=12)).date().isoformat()
    days = (await api.ask(HISTORY, since=since))["portfolioHistory"]["days"]
    booked = await api.pages(TRANSACTIONS, "transactions")
    # Today is not over: each sync has a say in it.
    return {"days": days[:-1], "booked": booked}


async def test_all_that_is_owned_is_one_figure_and_its_past_outlives_a_restart(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as made:
        exchange, paper = made.box.exchange, made.box.paper
        for side, quantity in ((Side.BUY, 3), (Side.SELL, 1)):
            exchange.submit(paper, Ticket(symbol="AAPL", side=side, quantity=Decimal(quantity)))
            exchange.work()
        exchange.move_cash(paper, MovementKind.DIVIDEND, Decimal("1.25"), symbol="AAPL")
        now = datetime.now(UTC)
        paper.equity_points.extendleft(
            (now - timedelta(days=back), Decimal(90_000 + back)) for back in range(1, 12)
        )
        async with made.served() as (url, _):
            api = made.api(url)
            await api.link()
            booked = await asked_until(lambda: api.pages(TRANSACTIONS, "transactions"), _whole)
            assert sorted(node["type"] for node in booked) == ["BUY", "DEPOSIT", "DIVIDEND", "SELL"]
            found = await asked_until(
                lambda: api.ask(PORTFOLIO), lambda data: data["portfolio"]["realized"]
            )
            _adds_up(found["portfolio"])
            quoted = await api.ask(QUOTES)
            assert [one["instrument"]["symbol"] for one in quoted["quotes"]] == ["AAPL", "BTC/USD"]
            assert quoted["instruments"] == [{"symbol": "AAPL"}]
            socket = f"{url.replace('http', 'ws')}/graphql"
            async with talking(socket, token=made.tokens["ada"]) as talk:
                await talk.subscribe("1", WATCH)
                first = (await talk.data("1"))["quoteUpdated"]
                assert first[0]["instrument"]["symbol"] == "MSFT"
                exchange.set_price("MSFT", Decimal("12.34"))
                assert (await talk.data("1"))["quoteUpdated"][0]["price"] == "12.34"
            before = await told(api)
            assert any(day["value"] for day in before["days"])
        async with made.served() as (url, _):
            assert await told(made.api(url)) == before


ECB = "<Cube><Cube time='2026-06-01'><Cube currency='USD' rate='1.0777'/></Cube></Cube>"
CURRENCIES = """
{ portfolio(base: "USD") {
    value
    rates { currency base rate source asOf }
    leftOut { reason currency amount accountId }
    allocation { byBroker { value } byAccount { accountId value } byAssetClass { value }
      byCurrency { key value } byInstrument { value } }
  }
  positions(first: 10) { edges { node { quantity valuation { price } } } }
  accounts { id balances { currency cash } } }
"""


async def test_three_currencies_add_up_to_the_last_decimal_and_the_one_without_a_rate_is_listed(
    tmp_path: Path,
) -> None:
    (tmp_path / "ecb.xml").write_text(ECB)
    async with world(tmp_path, ECB_RATES=str(tmp_path / "ecb.xml")) as made:
        exchange, alpaca = made.box.exchange, made.box.alpaca
        exchange.submit(made.box.paper, Ticket(symbol="AAPL", side=Side.BUY, quantity=Decimal(3)))
        exchange.work()
        keys = [("PKSANDBOX00000000EUR", "EUR", "1234.567"), ("PKSANDBOX00000000CHF", "CHF", "99")]
        for key, currency, cash in keys:
            alpaca.account(key, "secret", cash=Decimal(cash)).currency = currency
        for account in exchange.accounts.values():
            now = datetime.now(UTC)
            account.equity_points.extendleft((now - timedelta(days=n), Decimal(n)) for n in (1, 2))
        async with made.served() as (url, _):
            api = made.api(url)
            await api.link()
            for key, _, _ in keys:
                await api.link(key, "secret")
            found = await asked_until(lambda: api.ask(CURRENCIES), _priced)
            _sums(found)
            before = await asked_until(lambda: told(api), lambda past: past["days"])
        async with made.served() as (url, _):
            api = made.api(url)
            assert (await told(api))["days"] == before["days"]
            _sums(await asked_until(lambda: api.ask(CURRENCIES), _priced))


def _priced(found: dict[str, Any]) -> bool:
    positions = found["positions"]["edges"]
    known = sum(len(account["balances"]) for account in found["accounts"])
    return known == 3 and bool(positions) and all(p["node"]["valuation"] for p in positions)


def _sums(found: dict[str, Any]) -> None:
    """By hand: what is held and owed, at the rate that was told."""
    portfolio = found["portfolio"]
    cash = {
        one["currency"]: Decimal(one["cash"]) for a in found["accounts"] for one in a["balances"]
    }
    (position,) = found["positions"]["edges"]
    price = Decimal(position["node"]["valuation"]["price"])
    (rate,) = portfolio["rates"]
    assert (rate["currency"], rate["rate"], rate["source"]) == ("EUR", "1.0777", "ECB")
    total = cash["USD"] + 3 * price + cash["EUR"] * Decimal("1.0777")
    assert Decimal(portfolio["value"]) == total
    for parts in portfolio["allocation"].values():
        assert sum(Decimal(part["value"]) for part in parts) == total
    (out,) = portfolio["leftOut"]
    assert (out["reason"], out["currency"], out["amount"]) == ("NO_RATE", "CHF", "99")


def _whole(booked: list[dict[str, Any]]) -> bool:
    return len(booked) == 4


def _adds_up(portfolio: dict[str, Any]) -> None:
    total = Decimal(portfolio["value"])
    for slices in portfolio["allocation"].values():
        assert sum(Decimal(one["value"]) for one in slices) == total
    assert portfolio["realized"]["leftOut"] == []
    assert portfolio["leftOut"] == []
