"""Two servers over one PostgreSQL: one runs the connections, and when it dies the other does."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.alpaca.access import PAPER
from tests.app.process import Child
from tests.flow.follower import Follower
from tests.flow.orders import PLACE, RESTING, ticket, trading_account
from tests.flow.world import Api, world
from tests.trading.orders import hold, ours
from tests.waiting import asked_until, until

LEASE_SECONDS = 4.0
# Besides the lease: the tries for it, a sign-in, a first look, and a busy machine.
SLACK_SECONDS = 15.0
KEYS = 12
# An order of which the dead one was unsure is looked for at the broker for half a minute.
SETTLED_WITHIN = 90.0


def _runs_connections(child: Child) -> bool:
    told = [line for line in child.err + child.out if "The connections are run by" in line]
    return bool(told) and "this process" in told[-1]


async def place(api: Api, account: str, key: str) -> str:
    """As a client that goes on asking: the server may be dead, or die over it. How far it got."""
    given = {"idempotencyKey": key, "ticket": ticket(account, **RESTING)}
    try:
        answer = await api.answer(PLACE, input=given)
    except aiohttp.ClientError:
        return ""
    assert "errors" not in answer, answer
    return str(answer["data"]["placeOrder"]["outcome"]["intent"]["state"])


async def _placed(api: Api, account: str, key: str) -> None:
    """Who asked the dead one asks the other until that knows, and anew if nothing was placed."""
    ends = {"PLACED", "NOT_PLACED"}
    end = await asked_until(
        lambda: place(api, account, key), ends.__contains__, within=SETTLED_WITHIN
    )
    if end == "NOT_PLACED":
        assert await place(api, account, f"{key} again") == "PLACED"


def _told(frames: list[dict[str, Any]]) -> set[str]:
    return {frame["order"]["brokerOrderId"] for frame in frames if "order" in frame}


async def test_when_the_owner_is_killed_the_other_takes_over_and_no_order_is_doubled(
    tmp_path: Path, postgres_url: str
) -> None:
    lease = str(LEASE_SECONDS)
    async with (
        world(tmp_path, DATABASE_URL=postgres_url, LEASE_SECONDS=lease) as made,
        made.served() as (first, owner),
        made.served() as (second, heir),
    ):
        made.box.exchange.always_open = True
        near, far = made.api(first), made.api(second)
        account = await trading_account(near)
        assert (_runs_connections(owner), _runs_connections(heir)) == (True, False)
        streams = made.box.alpaca.trade_updates[PAPER].sessions
        await until(lambda: len(streams) == 1)
        keys = [f"key-{number}" for number in range(KEYS)]
        async with Follower(lambda: second, made.tokens["ada"]) as follower:
            await follower.until(len)
            placing = [place(api, account, key) for key in keys for api in (near, far)]
            tasks = [asyncio.create_task(each) for each in placing]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            owner.process.send_signal(signal.SIGKILL)
            killed_at = time.monotonic()
            await asyncio.gather(*tasks)
            # Only a feed tells of what is traded elsewhere.
            hold(made.box, 1)
            elsewhere = [o.id for o in made.box.paper.orders.values() if o not in ours(made.box)]
            await follower.until(lambda frames: set(elsewhere) <= _told(frames))
            assert _runs_connections(heir)
            assert time.monotonic() - killed_at < LEASE_SECONDS + SLACK_SECONDS
        for key in keys:
            await _placed(far, account, key)
        booked = [order.client_id for order in ours(made.box)]
        assert len(booked) == len(set(booked)) == KEYS
