"""Recorded sessions, played to a client over TCP by the sandbox's own encoders.

A recording is a line for each message: `server order_status {...}`, `client place_order {...}`.
What a library asks besides, as it connects, is answered with nothing, but for the orders that are
still open, which a real Gateway lists to a client that comes back.
"""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.account import Account
from sandbox.clock import NEW_YORK
from sandbox.ibkr import layouts, order_layouts
from sandbox.ibkr.asked import Asked
from sandbox.ibkr.contracts import Contract, Query
from sandbox.ibkr.placed import Fill, Placed
from sandbox.ibkr.wire import UNSET, Value, frame, read_frame
from sandbox.orders import Execution, Order, OrdStatus, Side, Ticket

VERSION = 178
D = Decimal
_EPOCH = datetime(2026, 4, 15, tzinfo=UTC)
_EMPTY: dict[str, list[list[Value]]] = {
    "16": [[53, 1]],
    "49": [[49, 1, 1776268800]],
    "61": [[62, 1]],
    "99": [[102]],
}
_EMPTY_BY_NUMBER = {"7": 55, "62": 64, "76": 74}
_ENDED = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
ASKED = {"place_order": "3", "cancel_order": "4", "req_open_orders": "16", "req_executions": "7"}


@dataclass(frozen=True, slots=True)
class Step:
    """One line: who speaks, what is said."""

    speaker: str
    name: str
    fields: dict[str, Any]


def read(path: Path) -> list[Step]:
    """All steps of a recording."""
    steps = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        speaker, _, rest = line.partition(" ")
        if speaker in {"handshake", "disconnect", "sleep"}:
            steps.append(Step(speaker, "", {}))
            continue
        name, _, fields = rest.partition(" ")
        steps.append(Step(speaker, name, json.loads(fields or "{}")))
    return steps


@dataclass(slots=True, kw_only=True)
class Shown(Placed):
    """An order as a recording shows it, whose status is that of the next report of it."""

    word: str = "PreSubmitted"

    @property
    def status(self) -> str:
        return self.word


@dataclass
class Player:
    """A server that says what it is told to say."""

    port: int = 0
    accounts: str = "DU9000001"
    next_id: int = 1
    silent: set[str] = field(default_factory=set)
    """Requests that the recording answers by itself."""
    received: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _writer: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None
    _orders: dict[int, tuple[Shown, dict[str, Any] | None]] = field(default_factory=dict)

    async def up(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening."""
        self.hang_up()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def hang_up(self) -> None:
        """Close the connection there is."""
        if self._writer is not None:
            self._writer.close()

    def say(self, step: Step, word: str = "PreSubmitted") -> None:
        """Say one message; `word` is the status that an openOrder has."""
        encode = getattr(self, f"_{step.name}", None)
        if encode is not None:
            self._write(
                encode(step.fields)
                if step.name != "open_order"
                else self._open_order(step.fields, word)
            )

    def _write(self, message: list[Value]) -> None:
        assert self._writer is not None
        self._writer.write(frame(message))

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            await reader.readexactly(4)
            await read_frame(reader)
            self._write([VERSION, "20260415 18:28:40 Central European Standard Time"])
            while True:
                number, *values = (await read_frame(reader)).split("\0")[:-1]
                self._answer(number, values)
                self.received.put_nowait(number)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, number: str, values: list[str]) -> None:
        if number in self.silent:
            return
        if number == "71":
            self._write([15, 1, self.accounts])
            self._write([9, 1, self.next_id])
        elif number in _EMPTY_BY_NUMBER:
            self._write([_EMPTY_BY_NUMBER[number], 1, values[1]])
        elif number == "6":
            self._write([54, 1, self.accounts])
        elif number == "5":
            self._list_open()
        for message in _EMPTY.get(number, []):
            self._write(message)

    def _list_open(self) -> None:
        for shown, status in self._orders.values():
            if status is not None and status["status"] not in _ENDED:
                self._write(
                    order_layouts.open_order(VERSION, replace(shown, word=status["status"]))
                )
                self._write(self._order_status(status))
        self._write([53, 1])

    # What a recording says, in the layout of the version that is spoken

    def _api_error(self, said: dict[str, Any]) -> list[Value]:
        return [4, 2, said["req_id"], said["code"], said["message"], ""]

    def _open_order_end(self, _: dict[str, Any]) -> list[Value]:
        return [53, 1]

    def _open_order(self, said: dict[str, Any], word: str) -> list[Value]:
        shown = _order(said, word)
        self._orders[said["order_id"]] = (shown, None)
        return order_layouts.open_order(VERSION, shown)

    def _order_status(self, said: dict[str, Any]) -> list[Value]:
        names = (
            "order_id status filled remaining avg_fill_price perm_id parent_id last_fill_price "
            "client_id why_held mkt_cap_price"
        )
        shown, _ = self._orders[said["order_id"]]
        self._orders[said["order_id"]] = (shown, said)
        return [3, *(said[name] for name in names.split())]

    def _execution_detail(self, said: dict[str, Any]) -> list[Value]:
        placed, _ = self._orders[said["order_id"]]
        execution = Execution(
            id="",
            order_id="",
            account_id="",
            symbol=said["symbol"],
            side=Side.BUY if said["side"] == "BOT" else Side.SELL,
            quantity=D(said["shares"]),
            price=D(said["price"]),
            commission=D(0),
            cumulative=D(said["shares"]),
            leaves=D(0),
            position=D(0),
            at=_moment(said["time"]),
        )
        prefix, _, revision = said["exec_id"].rpartition(".")
        fill = Fill(
            placed=placed,
            contract=placed.contract,
            execution=execution,
            prefix=prefix,
            revision=int(revision, 16) if prefix else 1,
            cumulative=execution.cumulative,
            average=execution.price,
        )
        fields = layouts.execution(VERSION, fill)
        fields[fields.index(fill.id)] = said["exec_id"]
        return fields

    def _commission_report(self, said: dict[str, Any]) -> list[Value]:
        return [
            *(59, 1, said["exec_id"], said["commission"], said["currency"]),
            *(said["realized_pnl"], UNSET, ""),
        ]


def _moment(text: str) -> datetime:
    """As the recorder wrote it, or as the Gateway did."""
    if text.endswith("US/Eastern"):
        at = datetime.strptime(text[:17], "%Y%m%d %H:%M:%S")  # noqa: DTZ007  # zoned below
        return at.replace(tzinfo=NEW_YORK)
    return datetime.fromisoformat(text)


def _order(said: dict[str, Any], word: str) -> Shown:
    named = said["contract"]
    contract = Contract(
        con_id=int(named["con_id"]),
        symbol=named["symbol"],
        sec_type=named["sec_type"],
        currency=named["currency"],
        local_symbol=named.get("local_symbol", ""),
        trading_class=named.get("trading_class", ""),
        long_name="",
        market_symbol=named["symbol"],
        exchange=named["exchange"],
        last_trade_date=named.get("expiry", ""),
    )
    ticket = Ticket(symbol=named["symbol"], side=Side(said["action"]), quantity=D(said["quantity"]))
    terms = {"orderType": "order_type", "lmtPrice": "lmt_price", "auxPrice": "aux_price"}
    terms |= {"action": "action", "tif": "tif", "orderRef": "order_ref", "ocaGroup": "oca_group"}
    return Shown(
        account=Account(id="", number=said["account"], opened=_EPOCH, margin=D(1)),
        contract=contract,
        asked=Asked(
            order_id=said["order_id"],
            query=Query(exchange=named["exchange"]),
            terms={name: str(said.get(key, "")) for name, key in terms.items()},
        ),
        exchange_id="",
        perm_id=int(said["perm_id"]),
        client_id=int(said["client_id"]),
        order_id=said["order_id"],
        draft=Order(
            id="",
            account_id="",
            client_id="",
            ticket=ticket,
            status=OrdStatus.NEW,
            created=_EPOCH,
            updated=_EPOCH,
        ),
        word=word,
    )
