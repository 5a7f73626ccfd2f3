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
    """Half of the placements begin when a line comes in, the others when the next does."""
    lines = [asyncio.Event(), asyncio.Event()]
    chance = random.Random(job["seed"])
    async with rig(job["database"], job["endpoints"]) as made:
        account = await made.account()

        async def one(number: int) -> list[str | None]:
            await lines[number % 2].wait()
            await asyncio.sleep(chance.uniform(0, 1))
            key = f"{job['seed']}-{number}"
            try:
                intent = await made.desk.orders.place(ADA, account, resting(), key=key)
            except Problem as problem:
                return [None, problem.code, None]
            return [intent.client_order_id, intent.code, intent.order_id]

        await made.desk.prices.warm()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        placing = asyncio.gather(*(one(number) for number in range(job["many"])))
        for line in lines:
            await asyncio.to_thread(sys.stdin.readline)
            line.set()
        done = await placing
        sys.stdout.write(json.dumps(done) + "\n")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
