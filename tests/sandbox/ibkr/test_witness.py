"""ib_insync, unchanged, in an environment of its own, previews, places, fills, cancels, streams."""

from sandbox import Sandbox
from tests.sandbox.witnessing import witnessed

FOUND = {
    "read": {
        "version": 176,
        "accounts": ["DU1000001", "DU1000002"],
        "cash": ["100000.00"],
        "name": "APPLE INC.",
        "futures": ["ESH7", "ESM7"],
        "found": ["AAPL"],
        "chain": [[220.0, 250.0, 270.0]],
    },
    "trade": {
        "preview": ["500", 1.0],
        "bought": [["BOT", "bg-1", 1.0]],
        "changed": [201.0],
        "cancelled": "Cancelled",
        "killed": "Inactive",
        "executions": 1,
        "completed": ["Cancelled", "Filled", "Inactive"],
    },
    "families": {
        "bracket": ["Filled", "Submitted", "PreSubmitted"],
        "group": ["Filled"],
        "spread": [["BOT", 32.51], ["SLD", 23.39], ["BOT", 9.12]],
    },
    "stream": {"seen": [True], "own": 0, "again": [True], "value": 4000.0},
    "positions": {
        "AAPL": 16.0,
        "AAPL  271217C00250000": 2.0,
        "AAPL  271217C00270000": -2.0,
        "EUR.USD": 20000.0,
    },
}


async def test_the_client_reads_trades_and_streams(box: Sandbox) -> None:
    found = await witnessed("ibkr", {"port": box.ibkr.paper.port})

    assert found["read"].pop("tags") >= 63
    assert found == FOUND
