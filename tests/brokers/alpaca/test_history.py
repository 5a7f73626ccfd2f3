"""What Alpaca says an account was worth."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

import sandbox
from brokers.alpaca.history import points
from brokers.wire import Row, document
from domain.equity import EquitySource
from domain.errors import Unintelligible
from sandbox.clock import NEW_YORK
from tests.brokers.desk import Desk
from tests.recordings import RECORDINGS, needs_recordings

RECORDED = RECORDINGS / "alpaca"


def body(**fields: object) -> Row:
    return Row(fields, "the history")


@needs_recordings
def test_the_vendors_days_are_trading_days() -> None:
    path = RECORDED / "rest" / "openapi_examples" / "portfoliohistory_example_query_1d_7d.json"
    found = points(Row(document(path.read_bytes()), "the history"), "USD")
    assert [point.day for point in found] == [date(2023, 10, day) for day in (13, 16, 17, 18, 19)]
    assert found[0].equity == Decimal("2784.79")


@needs_recordings
def test_everything_recorded_is_read() -> None:
    paths = sorted((RECORDED / "rest").rglob("*portfolio*history*.json"))
    assert len(paths) >= 3
    for path in paths:
        row = Row(document(path.read_bytes()), path.name)
        found = points(row, "USD")
        assert len(found) == len(row.values("equity"))
        assert all(2019 < point.at.year < 2027 for point in found)


def test_days_without_a_figure_are_gaps_and_those_before_the_first_deposit_are_none() -> None:
    stamps = [1697241600, 1697500800, 1697587200, 1697673600]
    found = points(body(timestamp=stamps, equity=[0, 5, None, Decimal("1.5")]), "USD")
    assert [(point.equity, point.day) for point in found] == [
        (Decimal(5), date(2023, 10, 16)),
        (Decimal("1.5"), date(2023, 10, 18)),
    ]


def test_figures_that_do_not_match_their_days_are_not_guessed_at() -> None:
    with pytest.raises(Unintelligible):
        points(body(timestamp=[1697241600], equity=[]), "USD")


@pytest.mark.parametrize("hour", [0, 9, 20])
async def test_the_sandbox_tells_its_days(hour: int) -> None:
    async with sandbox.serve(seed=1) as box, Desk().line(box) as line:
        now = datetime.now(NEW_YORK).replace(hour=hour, minute=0)
        for days in (3, 2, 1):
            box.paper.equity_points.append((now - timedelta(days=days), Decimal(100 + days)))
        found = await line.history(box.paper.number, None)
        assert [point.equity for point in found][-3:] == [103, 102, 101]
        assert {point.source for point in found} == {EquitySource.BROKER}
        since = found[-1].day
        assert since is not None
        assert [point.day for point in await line.history(box.paper.number, since)] == [since]
