"""Every server under the workload tells the same row for the same mark."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.servers import ROOT, Server, running
from bench.workload import document

NODE = Path(ROOT / "bench/peers/node_modules").is_dir()
ON_NODE = pytest.mark.skipif(not NODE, reason="`make bench` brings the peers on Node")
MARK = 2
ROW = {
    "side": "LONG",
    "quantity": "12.5",
    "currency": "USD",
    "averageCost": "95.25",
    "symbol": "S002",
    "price": "100.02",
}


@pytest.mark.parametrize(
    "name",
    ["bare ASGI", "Strawberry", pytest.param("graphql-ws", marks=ON_NODE), "Brokergraph"],
)
async def test_a_mark_becomes_the_same_revalued_row_everywhere(name: str) -> None:
    async with running(name, "--positions", "5") as server, _subscribed(server) as socket:
        start = int(time.time() * 1_000_000)
        await server.ask(20, marks={"rate": 1_000, "count": MARK + 1, "start": start})
        row = await _row(socket, "S002", "100.02")
    assert {key: row[key] for key in ROW} == ROW
    worth = {key: float(row[key]) for key in ("marketValue", "unrealizedPnl", "dayChange")}
    assert worth == pytest.approx(
        {"marketValue": 1250.25, "unrealizedPnl": 59.625, "dayChange": 6.5}
    )
    assert isinstance(row["marketValue"], str)


@asynccontextmanager
async def _subscribed(server: Server) -> AsyncIterator[ClientConnection]:
    """A socket that has asked for the positions."""
    url = f"ws://127.0.0.1:{server.port}/graphql"
    subprotocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=subprotocols) as socket:
        payload = {"authorization": f"Bearer {server.token(0)}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        query = {"query": document("subscription")}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": query}))
        # A peer that does not tell the state first has nothing else that says it is listening.
        await (await socket.ping())
        yield socket


async def _row(socket: ClientConnection, symbol: str, price: str) -> dict[str, Any]:
    async for frame in socket:
        payload = json.loads(frame).get("payload")
        for upsert in payload["data"]["positionUpdated"]["upserts"] if payload else ():
            row: dict[str, Any] = upsert | upsert.pop("instrument") | upsert.pop("valuation")
            if (row["symbol"], row["price"]) == (symbol, price):
                return row
    raise AssertionError("the socket closed without the row")
