"""Two servers over one database are asked for the same orders at the same time."""

import asyncio
import json

import sandbox
from tests.trading.orders import endpoints, ours
from tests.trading.rig import ADA, rig
from tests.trading.servers import placer


async def test_the_same_fifty_keys_at_two_servers_are_fifty_orders(
    box: sandbox.Sandbox, postgres_url: str
) -> None:
    async with rig(postgres_url, endpoints(box)) as made:
        _, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
        await made.sync(account)
        async with placer(box, postgres_url, 1) as one, placer(box, postgres_url, 1) as other:
            outputs = await asyncio.gather(one.communicate(b"go\n"), other.communicate(b"go\n"))
        answers = [json.loads(out) for out, _ in outputs]
        intents = await made.desk.intents.lately(ADA, first=100)
    assert len(intents) == 50
    names = {intent.client_order_id for intent in intents}
    assert sorted(order.client_id for order in ours(box)) == sorted(names)
    # Both servers speak of the same order for each key, whoever sent it.
    assert [each[0] for each in answers[0]] == [each[0] for each in answers[1]]
    assert {each[0] for each in answers[0]} == names
