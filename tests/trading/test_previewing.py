"""Who worked a preview out is told: the broker, we, or nobody."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import sandbox
from brokers.alpaca.line import Line
from brokers.contract import Broker, Opening
from domain.capabilities import PreviewBy
from domain.errors import InsufficientFunds, Unreachable
from domain.instrument import AssetClass, named
from domain.intent import IntentState
from domain.preview import Preview, PreviewSource
from domain.ticket import Ticket
from tests.trading.orders import endpoints, market, ours
from tests.trading.rig import ADA, Rig, hurried, rig

Tell = Callable[[Ticket], Awaitable[Preview | None]]


class Telling(Line):
    """A line to a broker that works out beforehand what an order would cost."""

    def __init__(self, opening: Opening, tell: Tell) -> None:
        super().__init__(opening)
        self._tell = tell

    async def preview(self, ticket: Ticket) -> Preview | None:
        """As it is told."""
        return await self._tell(ticket)


@asynccontextmanager
async def telling(box: sandbox.Sandbox, folder: Path, tell: Tell) -> AsyncIterator[Rig]:
    """A desk at a broker that declares that it previews."""

    async def opened(opening: Opening) -> Broker:
        return Telling(opening, tell)

    plugin = hurried()["alpaca"]
    able = replace(plugin.capabilities, preview=PreviewBy.BROKER)
    offered = {"alpaca": replace(plugin, capabilities=able, open=opened)}
    url = f"sqlite://{folder}/b.sqlite3"
    async with rig(url, endpoints(box), offered=offered) as made:
        _, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
        await made.sync(account)
        yield made


async def test_a_brokers_own_preview_is_shown_with_its_commission(
    box: sandbox.Sandbox, tmp_path: Path
) -> None:
    asked: list[Ticket] = []

    async def tell(ticket: Ticket) -> Preview:
        asked.append(ticket)
        return Preview(
            source=PreviewSource.BROKER,
            currency="USD",
            cost=Decimal("501.02"),
            commission=Decimal("1.02"),
            buying_power_after=Decimal("99498.98"),
            warnings=("the broker's own",),
        )

    async with telling(box, tmp_path, tell) as made:
        account, draft = await made.account(), market(quantity=2)
        seen = await made.desk.previewing.preview(ADA, account, draft)
        assert seen.source is PreviewSource.BROKER
        assert (seen.cost, seen.commission) == (Decimal("501.02"), Decimal("1.02"))
        assert seen.buying_power_after == Decimal("99498.98")
        assert (seen.price, seen.position_after) == (Decimal(250), Decimal(2))
        assert seen.warnings == ("the broker's own", "a market order may fill at another price")
        placed = await made.desk.orders.place(ADA, account, draft, key="k", preview=seen.token)
        assert placed.state is IntentState.PLACED
    (ticket,) = asked
    assert ticket.account == box.paper.number
    assert ticket.client_order_id not in {order.client_id for order in ours(box)}


@pytest.mark.parametrize("error", [Unreachable("no line"), InsufficientFunds("too dear")])
async def test_a_preview_that_the_broker_does_not_give_is_estimated_and_says_why(
    box: sandbox.Sandbox, tmp_path: Path, error: Unreachable | InsufficientFunds
) -> None:
    async def tell(ticket: Ticket) -> Preview:
        raise error

    async with telling(box, tmp_path, tell) as made:
        seen = await made.desk.previewing.preview(ADA, await made.account(), market(quantity=2))
    assert (seen.source, seen.cost) == (PreviewSource.ESTIMATED, Decimal(500))
    assert seen.commission is None
    assert f"the broker did not preview it: {error.message}" in seen.warnings
    assert "commission and fees are not included" in seen.warnings


async def test_a_broker_that_tells_nothing_leaves_our_own_reckoning(
    box: sandbox.Sandbox, tmp_path: Path
) -> None:
    async def tell(ticket: Ticket) -> None:
        return None

    async with telling(box, tmp_path, tell) as made:
        seen = await made.desk.previewing.preview(ADA, await made.account(), market())
    assert (seen.source, seen.cost) == (PreviewSource.ESTIMATED, Decimal(250))


async def test_what_nobody_has_a_price_of_is_unavailable(made: Rig, box: sandbox.Sandbox) -> None:
    other = named(AssetClass.EQUITY, "MSFT")
    assert other
    box.faults.add("error", method="GET", path="/v2/stocks/*", count=0)
    draft = replace(market(), instrument=other)
    seen = await made.desk.previewing.preview(ADA, await made.account(), draft)
    assert (seen.source, seen.cost, seen.buying_power_after) == (
        PreviewSource.UNAVAILABLE,
        None,
        None,
    )
    assert seen.position_after == 1
