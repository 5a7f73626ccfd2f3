"""Recorded sessions give the library the final orders that the real Gateway reported."""

import asyncio
import json
from typing import Any

import pytest
from ib_async import IB, Contract, Order

from tests.recordings import RECORDINGS, needs_recordings
from tests.sandbox.ibkr.player import ASKED, Player, Step, read
from tests.sandbox.ibkr.shop import PATIENCE, gone, settled

FOLDER = RECORDINGS / "ibkr" / "ibkr-go" / "transcripts"
pytestmark = needs_recordings


def sessions() -> list[str]:
    """Those in which orders were placed, of what was recorded from a real Gateway."""
    if not RECORDINGS.parent.exists():
        return []
    grounded = json.loads((FOLDER.parent / "GROUNDED.json").read_text())["grounded"]
    paths = [path for path in sorted(FOLDER.glob("*.txt")) if path.name in grounded]
    return [path.stem for path in paths if "client place_order" in path.read_text()]


def expected(steps: list[Step]) -> dict[int, tuple[str, float, float]]:
    """By permanent id: the last status with its filled quantity, and what was executed."""
    numbers: dict[int, int] = {}
    found: dict[int, tuple[str, float, float]] = {}
    for step in steps:
        said = step.fields
        if step.name == "order_status":
            perm_id = numbers[said["order_id"]] = int(said["perm_id"])
            executed = found.get(perm_id, ("", 0, 0.0))[2]
            found[perm_id] = (said["status"], float(said["filled"]), executed)
        elif step.name == "execution_detail":
            perm_id = numbers[said["order_id"]]
            status, filled, executed = found[perm_id]
            found[perm_id] = (status, filled, executed + float(said["shares"]))
    return found


def next_word(steps: list[Step], at: int) -> str:
    """The status of the next report about the order that step `at` shows."""
    order_id = steps[at].fields["order_id"]
    words = [
        str(step.fields["status"])
        for step in steps[at:]
        if step.name == "order_status" and step.fields["order_id"] == order_id
    ]
    return words[0] if words else "PreSubmitted"


def ask(ib: IB, step: Step) -> None:
    """Say what the recorded client said."""
    said = step.fields
    if step.name == "place_order":
        ib.placeOrder(contract(said["contract"]), order(said))
    elif step.name == "cancel_order":
        ib.client.cancelOrder(int(said["order_id"]))
    elif step.name == "req_open_orders":
        ib.client.reqAllOpenOrders()


def contract(said: dict[str, Any]) -> Contract:
    return Contract(
        conId=int(said.get("con_id") or 0),
        symbol=said["symbol"],
        secType=said["sec_type"],
        exchange=said["exchange"],
        currency=said["currency"],
    )


def order(said: dict[str, Any]) -> Order:
    return Order(
        orderId=int(said["order_id"]),
        action=said["action"],
        totalQuantity=float(said["total_quantity"]),
        orderType=said["order_type"],
        lmtPrice=float(said.get("lmt_price") or 0),
        auxPrice=float(said.get("aux_price") or 0),
        tif=said.get("tif", ""),
        account=said.get("account", ""),
        transmit=said.get("transmit", "1") not in {"0", "false"},
    )


async def replay(player: Player, ib: IB, steps: list[Step]) -> None:
    """Play a session, with as many connections as it had."""
    for at, step in enumerate(steps):
        if step.speaker == "handshake":
            await ib.connectAsync("127.0.0.1", player.port, 1, timeout=5)
            while not player.received.empty():
                player.received.get_nowait()
        elif step.speaker == "client" and step.name in ASKED:
            ask(ib, step)
            async with asyncio.timeout(PATIENCE):
                while await player.received.get() != ASKED[step.name]:
                    pass
        elif step.speaker == "server":
            player.say(step, next_word(steps, at) if step.name == "open_order" else "")
        elif step.speaker == "disconnect" and at < len(steps) - 1:
            await settled(ib)
            player.hang_up()
            await gone(ib)
    await settled(ib)


@pytest.mark.parametrize("name", sessions())
async def test_a_recorded_session_ends_with_the_orders_that_were_reported(name: str) -> None:
    steps = read(FOLDER / f"{name}.txt")
    player, ib = Player(silent={"16"}), IB()
    await player.up()
    last: dict[int, tuple[str, float, float]] = {}

    def note() -> None:
        for trade in ib.trades():
            executed = sum(fill.execution.shares for fill in trade.fills)
            last[trade.orderStatus.permId] = (
                trade.orderStatus.status,
                trade.orderStatus.filled,
                max(executed, last.get(trade.orderStatus.permId, ("", 0, 0))[2]),
            )

    ib.updateEvent += note
    try:
        await replay(player, ib, steps)
        note()
    finally:
        ib.disconnect()
        await player.close()

    last.pop(0, None)
    assert last == expected(steps)
