"""Sockets that share one run: each is told everything, and one that stalls holds up no other."""

from typing import Any

from domain.ids import ConnectionId, UserId
from domain.instrument import AssetClass, Instrument
from tests.graph.conversation import Conversation, talking
from tests.server import Served
from tests.streaming import samples
from tests.streaming.watching import later

THINGS = [
    Instrument(asset_class=AssetClass.EQUITY, symbol=f"S{number}", currency="USD")
    for number in range(300)
]
ROUNDS = 8
POSITIONS = """
subscription { positionUpdated(maxRate: 20) { upserts {
  id quantity costBasis averageCost instrument { id symbol currency } valuation { price asOf }
} } }
"""


def price(server: Served, user: UserId, link: ConnectionId, amount: int) -> None:
    """A tick of everything."""
    for thing in THINGS:
        told = samples.mark(amount, thing, at=later(amount))
        if merged := server.house.services.marks.set(link, told):
            server.house.hub.publish(user, merged, link)


async def prices(talk: Conversation, known: dict[str, Any], amount: str) -> int:
    """Read until every price is this; how many updates that took."""
    updates = 0
    while set(known.values()) != {amount}:
        update = (await talk.data("1"))["positionUpdated"]
        known |= {row["id"]: (row["valuation"] or {}).get("price") for row in update["upserts"]}
        updates += 1
    return updates


async def test_a_socket_that_stalls_holds_up_no_other_and_is_told_the_latest(
    server: Served,
) -> None:
    link = await server.link(samples.account())
    held = (samples.holding(1, thing) for thing in THINGS)
    await server.house.stores.ledger.record(link.user_id, link.id, samples.snapshot(*held))
    token = await server.token()
    async with (
        talking(server.socket_url, token=token) as stalled,
        talking(server.socket_url, token=token) as other,
    ):
        seen: dict[str, dict[str, Any]] = {"stalled": {}, "other": {}}
        for talk in (stalled, other):
            await talk.subscribe("1", POSITIONS)
        stalled.wire.transport.pause_reading()
        for amount in range(1, ROUNDS + 1):
            price(server, link.user_id, link.id, amount)
            await prices(other, seen["other"], str(amount))
        stalled.wire.transport.resume_reading()
        assert await prices(stalled, seen["stalled"], str(ROUNDS)) < ROUNDS + 2
    assert seen["stalled"] == seen["other"]
