"""What can be made to happen at once: to the hosts, the streams, the keys and the books."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox import mishaps
from sandbox.account import Account
from sandbox.host import Address
from sandbox.ibkr import acts as gateway_acts
from sandbox.orders import Execution, TimeInForce

if TYPE_CHECKING:
    from sandbox.serving import Sandbox

Act = Callable[["Sandbox", Mapping[str, Any]], Awaitable[None]]


async def outage(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Refuse connections to `host` (all of them) for `seconds`, or until `restore`."""
    hosts = [one for one in box.hosts if asked.get("host", one.name) == one.name]
    for host in hosts:
        await host.down()
    if asked.get("seconds"):
        box.later(float(asked["seconds"]), lambda: _up(hosts))


async def restore(box: "Sandbox", _: Mapping[str, Any]) -> None:
    """End every outage."""
    await _up(box.hosts)


async def restart(box: "Sandbox", _: Mapping[str, Any]) -> None:
    """Reset every connection and come back on the same ports, books and all."""
    await outage(box, {})
    await restore(box, {})


async def cut_streams(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Reset every websocket; with `code`, close them in order with it instead."""
    for stream in box.streams:
        if "code" in asked:
            stream.finish(int(asked["code"]))
        else:
            stream.cut()


async def mute_streams(box: "Sandbox", _: Mapping[str, Any]) -> None:
    """Leave every websocket half open: nothing is sent on it and no ping answered."""
    for stream in box.streams:
        stream.mute()


async def revoke(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Let the key or token `id` in no more, and reset the websockets that it opened."""
    name = str(asked["id"])
    if name in box.etrade.tokens.access:
        box.etrade.revoke(name)
    elif name in box.coinbase.access.keys:
        box.coinbase.revoke(name)
    else:
        box.alpaca.revoke(name)


async def partial_fills(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Fill each order of `symbol` by at most `quantity` at a time; 0 ends that."""
    symbol, quantity = str(asked["symbol"]), Decimal(str(asked["quantity"]))
    if quantity:
        box.exchange.liquidity[symbol] = quantity
    else:
        box.exchange.liquidity.pop(symbol, None)


async def refuse_replacements(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Refuse the next `count` (1) replacements after they were accepted."""
    box.exchange.refuse_replacements = int(asked.get("count", 1))


async def refuse_cancels(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Refuse the next `count` (1) cancels after they were accepted."""
    box.exchange.refuse_cancels = int(asked.get("count", 1))


async def fill(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Execute `quantity` (all) of the live order `id` at `price` (the last one)."""
    account = _owner(box, str(asked["id"]))
    order = account.orders[str(asked["id"])]
    last = box.exchange.market.quotes[order.ticket.symbol].last
    quantity = Decimal(str(asked.get("quantity", order.leaves)))
    mishaps.fill(box.exchange, account, order.id, quantity, Decimal(str(asked.get("price", last))))


async def reject(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Reject the accepted order `id`."""
    order_id = str(asked["id"])
    mishaps.reject(box.exchange, _owner(box, order_id), order_id, str(asked.get("text", "")))


async def bust(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Undo the execution `id`, or else the last one there was."""
    account, execution = _execution(box, asked)
    mishaps.bust(box.exchange, account, execution.id)


async def correct(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Change the price of the execution `id`, or else of the last one, to `price`."""
    account, execution = _execution(box, asked)
    mishaps.correct(box.exchange, account, execution.id, Decimal(str(asked["price"])))


async def auction(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Hold an auction: `at` is AT_THE_OPENING or AT_THE_CLOSE."""
    box.exchange.auction(TimeInForce(asked["at"]))


ACTS: dict[str, Act] = {
    act.__name__: act
    for act in (
        outage,
        restore,
        restart,
        cut_streams,
        mute_streams,
        revoke,
        partial_fills,
        refuse_replacements,
        refuse_cancels,
        fill,
        reject,
        bust,
        correct,
        auction,
        *gateway_acts.ACTS,
    )
}


async def _up(hosts: Iterable[Address]) -> None:
    await asyncio.gather(*(host.up() for host in hosts))


def _owner(box: "Sandbox", order_id: str) -> Account:
    """Whose order it is; ValueError if there is none."""
    for account in box.exchange.accounts.values():
        if order_id in account.orders:
            return account
    raise ValueError("there is no such order")


def _execution(box: "Sandbox", asked: Mapping[str, Any]) -> tuple[Account, Execution]:
    """The one that is named, or the last; ValueError if there is none."""
    found = [
        (account, execution)
        for account in box.exchange.accounts.values()
        for execution in account.executions.values()
        if asked.get("id", execution.id) == execution.id
    ]
    if not found:
        raise ValueError("there is no such execution")
    return max(found, key=lambda pair: pair[1].at)
