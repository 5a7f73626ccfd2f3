"""ib_insync, unchanged, in an environment of its own, previews, places, fills, cancels, streams."""

import asyncio
import json
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from tools.witness_env import ensure

SCRIPT = Path(__file__).with_name("witness.py")
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


async def run(port: int) -> Any:
    """What the client found."""
    python = await asyncio.to_thread(ensure, "ibkr")
    process = await asyncio.create_subprocess_exec(
        python, SCRIPT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={}
    )
    output, _ = await asyncio.wait_for(process.communicate(json.dumps({"port": port}).encode()), 60)
    assert process.returncode == 0
    return json.loads(output)


async def test_the_client_reads_trades_and_streams(box: Sandbox) -> None:
    found = await run(box.ibkr.paper.port)

    assert found["read"].pop("tags") >= 63
    assert found == FOUND
