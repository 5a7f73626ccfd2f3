"""A long history over the wire: its reading killed in the middle, resumed, and amended later."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.account import Account, MovementKind
from sandbox.exchange import Exchange
from sandbox.orders import Side, Ticket
from tests.flow.test_connecting import _synced
from tests.flow.world import world
from tests.waiting import asked_until

DIVIDENDS, FILLS, PAGES = 5_996, 3, 60
SOME = "{ transactions(first: 200) { nodes { id } } }"
ALL = """
query($after: Cursor) {
  transactions(first: 200, after: $after) {
    edges { node { id type status amount quantity } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_a_history_that_is_read_over_many_pages_survives_a_kill_and_an_amendment(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as made:
        paper = made.box.paper
        _book(made.box.exchange, paper)
        # Its pages are so slow that the reading is under way when the server is killed.
        made.box.faults.add("slow", path="/v2/account/activities", count=0, seconds=0.2)
        async with made.served() as (url, child):
            api = made.api(url)
            id = await api.link()
            await asked_until(
                lambda: api.ask(SOME), lambda d: len(d["transactions"]["nodes"]) == 200
            )
            child.process.kill()
            await child.ended()
        asked = _pages(made.box.log.entries)
        made.box.faults.clear()
        async with made.served() as (url, _):
            api = made.api(url)
            whole = await asked_until(lambda: api.connection(id), _read_at)
            # The one page that was on its way when it died is asked for again, and no other.
            assert asked < PAGES
            assert _pages(made.box.log.entries) <= PAGES + 2
            booked = await api.pages(ALL, "transactions")
            _check(booked, corrected=0)
            paper.movements[-1] = replace(paper.movements[-1], amount=Decimal("0.02"))
            await _synced(api, id)
            await asked_until(
                lambda: api.connection(id),
                lambda now: (_read_at(now) or "") > (_read_at(whole) or ""),
            )
            after = await api.pages(ALL, "transactions")
            _check(after, corrected=1)
            (amended,) = [node for node in after if node["status"] == "CORRECTED"]
            assert amended["amount"] == "0.02"
            assert amended["id"] in {node["id"] for node in booked}


def _book(exchange: Exchange, account: Account) -> None:
    for _ in range(FILLS):
        exchange.submit(account, Ticket(symbol="AAPL", side=Side.BUY, quantity=Decimal(1)))
        exchange.work()
    for _ in range(DIVIDENDS):
        exchange.move_cash(account, MovementKind.DIVIDEND, Decimal("0.01"), symbol="AAPL")
    # Long ago, but for the last: what was booked within the hour is read again at each sync.
    earlier = [replace(one, at=one.at - timedelta(hours=3)) for one in account.movements[:-1]]
    account.movements[:-1] = earlier


def _pages(entries: Any) -> int:
    return sum(entry.path == "/v2/account/activities" for entry in entries)


def _read_at(connection: dict[str, Any]) -> str | None:
    """When it was last read to the end."""
    fresh = {each["resource"]: each["succeededAt"] for each in connection["freshness"]}
    return fresh.get("TRANSACTIONS")


def _check(booked: list[dict[str, Any]], *, corrected: int) -> None:
    """All of them, alike as they are, and none twice; the deposit that opened the account too."""
    assert len({node["id"] for node in booked}) == len(booked) == DIVIDENDS + FILLS + 1
    assert Counter(node["type"] for node in booked) == {
        "DIVIDEND": DIVIDENDS,
        "BUY": FILLS,
        "DEPOSIT": 1,
    }
    assert Counter(node["status"] for node in booked)["CORRECTED"] == corrected
