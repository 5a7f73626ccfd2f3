"""One broker of the sandbox for many people, in a process of its own, prices moving every second.

`python -m tests.flow.crowd BROKER MANY GATEWAYS` prints one line of JSON once it serves: the
environment, the endpoints by name, and for each person what to type. Everybody holds five things,
or as many as the broker lists.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import sandbox
from sandbox import Sandbox
from sandbox.account import Account
from sandbox.doors import doors
from sandbox.orders import Side, Ticket

ROOT = Path(__file__).resolve().parents[2]
RICH = Decimal(10_000_000)
STOCKS = ("AAPL", "MSFT", "NVDA", "SPY", "TSLA")
COINS = ("BTC/USD", "ETH/USD")
LONGEST = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A broker as the other process told of it; `typed` is what each person types."""

    broker: str
    environment: str
    endpoints: Mapping[str, str]
    typed: tuple[Mapping[str, str], ...]


@asynccontextmanager
async def crowd(broker: str, many: int, gateways: int) -> AsyncIterator[Crowd]:
    """The process, running."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.flow.crowd", broker, str(many), str(gateways)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LONGEST):
            told = json.loads(await process.stdout.readline())
        yield Crowd(
            broker=broker,
            environment=told["environment"],
            endpoints=told["endpoints"],
            typed=tuple(told["typed"]),
        )
    finally:
        process.kill()
        await process.wait()


async def _serve(broker: str, many: int, gateways: int) -> None:
    async with sandbox.serve(seed=1, rate_limit=10_000_000) as box:
        endpoints, typed = await _PEOPLE[broker](box, many, gateways)
        door = next(one for one in doors(box) if one.broker == broker)
        told = {
            "environment": door.environment,
            "endpoints": {**door.endpoints, **endpoints},
            "typed": typed,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        box.tick_every(1.0)
        await asyncio.Event().wait()


_People = tuple[dict[str, str], list[dict[str, str]]]


async def _alpaca(box: Sandbox, many: int, _: int) -> _People:
    typed = [{"key_id": f"PK{number:018}", "secret": f"secret-{number}"} for number in range(many)]
    for one in typed:
        _fill(box, [box.alpaca.account(one["key_id"], one["secret"], cash=RICH)], STOCKS)
    return {}, typed


async def _coinbase(box: Sandbox, many: int, _: int) -> _People:
    typed = []
    for number in range(many):
        account = box.coinbase.open_account(cash=RICH)
        _fill(box, [account], COINS)
        key = box.coinbase.new_key(f"person-{number}", account)
        typed.append({"key_name": key.name, "private_key": key.secret})
    return {}, typed


async def _etrade(box: Sandbox, many: int, _: int) -> _People:
    """One person, who signs in as often as there are people."""
    _fill(box, box.etrade.accounts, STOCKS)
    door = next(one for one in doors(box) if one.broker == "etrade")
    return {}, [dict(door.typed) for _ in range(many)]


async def _ibkr(box: Sandbox, many: int, gateways: int) -> _People:
    """So many Gateways, each with two accounts and its share of clients."""
    endpoints = {}
    for number in range(gateways):
        numbers = (f"DU3{number:03}001", f"DU3{number:03}002")
        gateway = box.ibkr.gateway(f"ibkr-{number}", numbers, cash=RICH)
        _fill(box, gateway.accounts.values(), STOCKS)
        await gateway.up()
        endpoints[f"gateway_{number}"] = gateway.url
    typed = [
        {"gateway": f"gateway_{number % gateways}", "client_id": str(100 + number)}
        for number in range(many)
    ]
    return endpoints, typed


_PEOPLE: dict[str, Callable[[Sandbox, int, int], Awaitable[_People]]] = {
    "alpaca": _alpaca,
    "coinbase": _coinbase,
    "etrade": _etrade,
    "ibkr": _ibkr,
}


def _fill(box: Sandbox, accounts: Iterable[Account], symbols: Iterable[str]) -> None:
    for account in accounts:
        for symbol in symbols:
            quantity = Decimal(3)
            box.exchange.submit(account, Ticket(symbol=symbol, side=Side.BUY, quantity=quantity))
        box.exchange.work()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
