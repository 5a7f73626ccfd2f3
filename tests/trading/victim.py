"""A process that trades and may be killed at any moment: commands in as JSON lines, results out.

It forks for each command, so that a child costs no start-up; the fork is what is killed.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from decimal import Decimal
from typing import Any

import sandbox
from app.clock import RealClock
from brokers import plugins
from brokers.market_hours import is_open
from domain.errors import BrokerError, Problem
from domain.ids import OrderId
from domain.instrument import AssetClass
from domain.intent import Boundary, Intent
from tests.trading.orders import AAPL, market, resting
from tests.trading.rig import ADA, Later, Rig, rig
from trading.drafts import Changes

# What has to pass until a sending is abandoned, and again until absence proves something.
PATIENCE = 100.0


def die() -> None:
    """At once, as by a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(seconds: float) -> None:
    """Wherever it is by then; at this very moment if that is now."""
    if seconds:
        threading.Timer(seconds, die).start()
    else:
        die()


async def do(made: Rig, order: dict[str, Any]) -> Intent:
    """Carry out one request for an order."""
    account, orders = await made.account(), made.desk.orders
    match order["kind"]:
        case "place":
            return await orders.place(ADA, account, market(), key=order["key"])
        case "rest":
            return await orders.place(ADA, account, resting(quantity=5), key=order["key"])
        case "replace":
            changes = Changes(limit_price=Decimal(order["price"]))
            id = OrderId(order["order"])
            return await orders.replace(ADA, id, changes, key=order["key"])
        case _:
            (held,) = await made.reads.accounts(ADA)
            await made.sync(held)
            return await orders.close(ADA, account, AAPL.id, key=order["key"])


async def trade(order: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked, and die on the way if that is asked too.

    `kill` is a boundary, `die_after` how many seconds after it, or after the beginning.
    """

    def trace(boundary: Boundary) -> None:
        if boundary == order.get("kill"):
            die_after(order.get("die_after", 0))

    clock = Later(order["ahead"])
    async with rig(order["database"], order["endpoints"], clock=clock, trace=trace) as made:
        if order["kind"] == "link":
            _, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
            await made.sync(account)
            return {}
        if order["kind"] == "aftermath":
            return await aftermath(made, clock, order)
        if "die_after" in order and "kill" not in order:
            die_after(order["die_after"])
        began = clock.monotonic()
        answer = await tried(made, order)
        return {**answer, "took": clock.monotonic() - began}


async def aftermath(made: Rig, clock: Later, order: dict[str, Any]) -> dict[str, Any]:
    """What a restarted server does: the client asks again, time passes, what is lost is found."""
    before = await tried(made, order["of"])
    clock.ahead += PATIENCE
    await made.desk.resolving.all()
    await made.desk.resolving.all()
    resolved = await made.desk.intents.of_key(ADA, order["of"]["key"])
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    after = await tried(made, order["of"])
    unresolved = await made.desk.intents.unresolved()
    return {
        "before": before,
        "resolved": resolved and resolved.state.value,
        "after": after,
        "unresolved": len(unresolved),
    }


async def tried(made: Rig, order: dict[str, Any]) -> dict[str, Any]:
    """The same request again; a denial is an answer too."""
    try:
        return shown(await do(made, order))
    except (Problem, BrokerError) as error:
        return {"state": None, "code": error.code.value, "client_order_id": None}


def shown(intent: Intent) -> dict[str, Any]:
    """What the parent looks at."""
    return {
        "state": intent.state.value,
        "client_order_id": intent.client_order_id,
        "order": intent.order_id,
        "code": intent.code,
    }


def main() -> None:
    """Fork for every line; the answer is the child's result, or null if it died."""
    # Loaded once for all children.
    is_open(AssetClass.EQUITY, RealClock().now())
    plugins()
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            result = asyncio.run(trade(json.loads(line)))
            os.write(writing, json.dumps(result).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            text = pipe.read()
        _, status = os.waitpid(child, 0)
        answer = {"killed": os.WIFSIGNALED(status), "result": json.loads(text or "null")}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
