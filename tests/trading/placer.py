"""Another server over the same database: places orders and prints what became of each."""

import asyncio
import json
import random
import sys
from typing import Any

from domain.errors import Problem
from tests.trading.orders import resting
from tests.trading.rig import ADA, rig


async def main(job: dict[str, Any]) -> None:
    """Many placements within a second and a half, begun when a line comes in."""
    chance = random.Random(job["seed"])
    async with rig(job["database"], job["endpoints"]) as made:
        account = await made.account()

        async def one(number: int) -> list[str | None]:
            await asyncio.sleep(chance.uniform(0, 1.5))
            key = f"{job['seed']}-{number}"
            try:
                intent = await made.desk.orders.place(ADA, account, resting(), key=key)
            except Problem as problem:
                return [None, problem.code, None]
            return [intent.client_order_id, intent.code, intent.order_id]

        await made.desk.prices.warm()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        done = await asyncio.gather(*(one(number) for number in range(job["many"])))
        sys.stdout.write(json.dumps(done) + "\n")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
