"""The past of the portfolio, asked for."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.equity import EquityPoint, EquitySource, EquityTold
from domain.ids import AccountId
from tests.graph.asking import answer, ask, viewer
from tests.server import Served
from tests.streaming import samples

HISTORY = """
query($since: Date!, $until: Date) {
  portfolioHistory(base: "USD", since: $since, until: $until) {
    base days { day value asOf missingAccountIds } rates { currency } leftOutAccountIds
  }
}
"""


def told(day: int, equity: str) -> EquityPoint:
    return EquityPoint(
        at=datetime(2026, 6, day, 23, tzinfo=UTC),
        equity=Decimal(equity),
        currency="USD",
        source=EquitySource.BROKER,
        day=date(2026, 6, day),
    )


async def test_the_past_has_the_exchanges_days_and_is_its_owners(server: Served) -> None:
    connection = await server.link(samples.account())
    event = EquityTold(account=samples.NUMBER, points=(told(4, "100"), told(8, "120.5")))
    for _ in range(2):
        await server.house.stores.ledger.record(connection.user_id, connection.id, event)
    ada = await viewer(server)
    asked = {"since": "2026-06-04", "until": "2026-06-08"}
    found = (await ask(server, ada, HISTORY, **asked))["portfolioHistory"]
    days = [(day["day"], day["value"]) for day in found["days"]]
    assert days == [("2026-06-04", "100"), ("2026-06-05", None), ("2026-06-08", "120.5")]
    assert len(found["days"][1]["missingAccountIds"]) == 1
    eve = await viewer(server, "eve")
    others = (await ask(server, eve, HISTORY, **asked))["portfolioHistory"]
    assert {day["value"] for day in others["days"]} == {None}
    fenced = replace(ada, accounts=frozenset({AccountId("other")}))
    none = (await ask(server, fenced, HISTORY, **asked))["portfolioHistory"]
    assert {day["value"] for day in none["days"]} == {None}


async def test_days_in_the_wrong_order_are_refused(server: Served) -> None:
    ada = await viewer(server)
    payload = await answer(server, ada, HISTORY, since="2026-06-08", until="2026-06-01")
    assert payload["errors"][0]["extensions"]["code"] == "BAD_INPUT"
