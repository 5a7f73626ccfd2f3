"""The witness against the sandbox: it agrees, it tells what differs, and it can harm nothing."""

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

import sandbox
from app.clock import RealClock
from app.commands.witness import Witnessing
from app.settings import Settings
from app.stores import Stores, opened
from app.witness import python_of, script_of
from domain.access import Role
from domain.account import Environment
from domain.connection import Connection, Permission
from domain.errors import Problem
from domain.ids import ConnectionId
from domain.witness import Difference, Sighting
from sandbox import Sandbox
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.app.process import ran, with_key
from trading.witness import Kept

DAY = {"side": "buy", "time_in_force": "day"}
TRAILING = {"symbol": "MSFT", "qty": "1", "type": "trailing_stop", "trail_percent": "5", **DAY}
CROSSING = {"symbol": "MSFT", "qty": "3", "type": "limit", "limit_price": "900", **DAY}
BRACKET = {
    "symbol": "AAPL",
    "qty": "2",
    "type": "limit",
    "limit_price": "100",
    "order_class": "bracket",
    "take_profit": {"limit_price": "400"},
    "stop_loss": {"stop_price": "90"},
    **DAY,
}
COMBINATION = {
    "qty": "1",
    "type": "limit",
    "limit_price": "0.01",
    "order_class": "mleg",
    "time_in_force": "day",
    "legs": [
        {"symbol": "AAPL271217C00250000", "ratio_qty": "1", "side": "buy"},
        {"symbol": "AAPL271217C00270000", "ratio_qty": "1", "side": "sell"},
    ],
}

HUNG = "import time; print('{', flush=True); time.sleep(600)"
CRASHING = "import os; os.abort()"
GARBAGE = "print('<html>\\x1b[31m')"
HALF = 'print(\'{"accounts": [], "balances": [], "positions": []}\')'
FLOOD = "while True: print('x' * 100_000)"
CHILD = """
import hashlib, json, pathlib, sys
asked = json.load(sys.stdin)
around = [pathlib.Path(f"/proc/self/{name}").read_bytes() for name in ("cmdline", "environ")]
proof = hashlib.sha256(asked["credentials"]["secret"].encode()).hexdigest()
told = {"proof": proof, "around": [part.decode() for part in around]}
pathlib.Path(__file__).with_name("told.json").write_text(json.dumps(told))
sys.exit("ended here, and not a word of " + asked["credentials"]["secret"])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A connection to the demo's paper account, in a store of its own."""

    box: Sandbox
    stores: Stores
    settings: Settings
    connection: Connection

    def witnessing(self, script: Path | None = None, longest: float = 60.0) -> Witnessing:
        """As the command has it, or with a stand-in."""
        return Witnessing(self.stores, self.settings, script=script, longest=longest)

    async def kept(self) -> Kept:
        """Our side."""
        return await self.witnessing().kept(self.connection)

    async def seen(self) -> tuple[Sighting, ...]:
        """The side of Alpaca's own client."""
        python = await python_of("alpaca")
        return await self.witnessing().seen(self.connection, python, script_of("alpaca"))

    async def told(self, kept: Kept, seen: tuple[Sighting, ...]) -> tuple[Difference, ...]:
        """What is made of both."""
        return (await self.witnessing().verdict(self.connection, kept, seen)).differences

    async def audited(self) -> tuple[str, dict[str, str]]:
        """Outcome and detail of the last run."""
        page = await self.stores.reads.audit(self.connection.user_id, first=200)
        entry = next(row.entry for row in page.items if row.entry.action == "witness")
        return entry.outcome, dict(entry.detail)


def urls(box: Sandbox) -> dict[str, str]:
    """The sandbox in Alpaca's place."""
    return {
        "trading": box.alpaca.paper.url,
        "stream": box.alpaca.paper.socket_url,
        "data": box.alpaca.market.url,
        "data_stream": box.alpaca.market_stream.socket_url,
    }


@asynccontextmanager
async def scened(folder: Path, key: str, secret: str) -> AsyncIterator[Scene]:
    async with sandbox.serve(seed=7, demo=True, rate_limit=100_000) as box:
        if key != sandbox.PAPER_KEY:
            box.alpaca.account(key, secret, "paper")
        settings = Settings(
            data_folder=folder / "data" / "main",
            key_file=with_key(folder),
            endpoints={"alpaca": {"paper": urls(box)}},
        )
        async with opened(settings, RealClock()) as stores:
            user = await stores.users.create("ann", None, Role.USER)
            connection = await stores.connections.create(
                user.id,
                broker="alpaca",
                environment=Environment.PAPER,
                label="Paper",
                permission=Permission.READ,
                credentials={"key_id": key, "secret": secret},
            )
            yield Scene(box=box, stores=stores, settings=settings, connection=connection)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scened(tmp_path, sandbox.PAPER_KEY, sandbox.PAPER_SECRET) as made:
        yield made


def script(folder: Path, text: str) -> Path:
    """A stand-in."""
    path = folder / "stand_in.py"
    path.write_text(text)
    return path


async def test_the_witness_agrees(scene: Scene) -> None:
    verdict = await scene.witnessing().run(scene.connection.id)
    assert verdict.differences == ()
    paper = scene.box.paper
    assert {entry.method for entry in scene.box.log.entries} == {"GET"}
    things = 2 + len(paper.holdings) + len(paper.live_orders())
    assert verdict.compared == things > 8
    assert await scene.audited() == (
        "VERIFIED",
        {"compared": str(things), "differences": "0"},
    )


async def test_it_agrees_on_every_kind_of_open_order(scene: Scene) -> None:
    before = len(scene.box.paper.live_orders())
    for order in (TRAILING, BRACKET, COMBINATION):
        await placed(scene.box, order)
    scene.box.exchange.liquidity["MSFT"] = Decimal(1)
    partly = await placed(scene.box, CROSSING)
    scene.box.exchange.work()
    await placed(scene.box, {"qty": "5"}, "PATCH", f"/v2/orders/{partly}")
    assert len(scene.box.paper.live_orders()) >= before + 4
    verdict = await scene.witnessing().run(scene.connection.id)
    assert verdict.differences == ()


async def placed(
    box: Sandbox, order: Mapping[str, object], method: str = "POST", path: str = "/v2/orders"
) -> str:
    """Its id, placed by another way than ours."""
    keys = {"APCA-API-KEY-ID": sandbox.PAPER_KEY, "APCA-API-SECRET-KEY": sandbox.PAPER_SECRET}
    async with (
        aiohttp.ClientSession(box.alpaca.paper.url, headers=keys) as http,
        http.request(method, path, json=order) as answer,
    ):
        body = await answer.json()
        assert answer.status == 200, body
        return str(body["id"])


async def test_the_command_says_verified_with_the_date(tmp_path: Path, scene: Scene) -> None:
    settings = {
        f"ENDPOINTS__ALPACA__PAPER__{name.upper()}": url for name, url in urls(scene.box).items()
    }
    said = await ran(tmp_path, "witness", scene.connection.id, **settings)
    assert said.process.returncode == 0, said.err
    assert said.out[0].startswith(f"Verified on {RealClock().now():%Y-%m-%d}: ")
    scene.box.faults.add("alter", path="/v2/positions", set={"qty": "1234.5"}, count=1)
    unlike = await ran(tmp_path, "witness", scene.connection.id, **settings)
    assert unlike.process.returncode == 1
    assert "EQUITY AAPL: quantity is 1234.5 here" in "".join(unlike.out)
    assert "Not verified; differences: " in "".join(unlike.out)


async def test_a_position_that_we_do_not_show_is_told(scene: Scene) -> None:
    hidden = scene.box.paper.holdings.pop("NVDA")
    kept = await scene.kept()
    scene.box.paper.holdings["NVDA"] = hidden
    (found,) = await scene.told(kept, await scene.seen())
    assert str(found).endswith("position EQUITY NVDA: only there")
    assert (await scene.audited())[1]["1"] == str(found)


async def test_a_position_that_the_witness_does_not_see_is_told(scene: Scene) -> None:
    kept = await scene.kept()
    del scene.box.paper.holdings["NVDA"]
    (found,) = await scene.told(kept, await scene.seen())
    assert str(found).endswith("position EQUITY NVDA: only here")


@pytest.mark.parametrize(
    ("path", "field", "name"),
    [
        ("/v2/positions", "avg_entry_price", "average_cost"),
        ("/v2/positions", "current_price", "price"),
        ("/v2/orders", "limit_price", "limit_price"),
    ],
)
async def test_an_altered_price_is_told(scene: Scene, path: str, field: str, name: str) -> None:
    kept = await scene.kept()
    scene.box.faults.add("alter", path=path, set={field: "1.25"})
    found = await scene.told(kept, await scene.seen())
    assert {one.field for one in found} == {name}
    assert {one.theirs for one in found} == {Decimal("1.25")}
    assert (await scene.audited())[0] == "DIFFERENT"


async def test_an_order_added_after_our_snapshot_is_told_as_such(scene: Scene) -> None:
    kept = await scene.kept()
    ticket = Ticket(
        symbol="MSFT",
        side=Side.BUY,
        quantity=Decimal(1),
        type=OrdType.LIMIT,
        limit_price=Decimal(100),
        time_in_force=TimeInForce.DAY,
    )
    order = scene.box.exchange.submit(scene.box.paper, ticket)
    (found,) = await scene.told(kept, await scene.seen())
    assert str(found).endswith(f"open order {order.id}: only there, added after our snapshot")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HUNG, "did not answer within 1 seconds and was stopped"),
        (CRASHING, "ended with status -6"),
        (GARBAGE, "said what cannot be read"),
        (HALF, "said what cannot be read"),
        (FLOOD, "printed more than"),
    ],
)
async def test_a_witness_that_fails_is_told_and_harms_nothing(
    tmp_path: Path, scene: Scene, text: str, sentence: str
) -> None:
    stand_in = script(tmp_path, text)
    longest = 1.0 if text == HUNG else 30.0
    with pytest.raises(Problem, match=sentence) as refused:
        await scene.witnessing(stand_in, longest).run(scene.connection.id)
    assert refused.value.message.isprintable()
    assert await scene.audited() == ("FAILED", {"reason": refused.value.message})
    assert running(stand_in) == []
    verdict = await scene.witnessing().run(scene.connection.id)
    assert verdict.differences == ()


def running(stand_in: Path) -> list[str]:
    """The processes that run it still."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(stand_in) in line:
            found.append(line)
    return found


async def test_a_refusal_is_told_by_its_kind_alone(scene: Scene) -> None:
    scene.box.faults.add("unauthorized", path="/v2/positions", count=0)
    python = await python_of("alpaca")
    with pytest.raises(Problem, match="cannot be read: APIError; nothing was compared"):
        await scene.witnessing().seen(scene.connection, python, script_of("alpaca"))


async def test_the_credential_goes_over_standard_input_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "planted-7c1f-secret"
    async with scened(tmp_path, "PKPLANTED", secret) as scene:
        assert (await scene.witnessing().run(scene.connection.id)).differences == ()
        stand_in = script(tmp_path, CHILD)
        with pytest.raises(Problem, match="ended with status 1"):
            await scene.witnessing(stand_in).run(scene.connection.id)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["proof"] == hashlib.sha256(secret.encode()).hexdigest()
    assert str(stand_in) in told["around"][0]
    assert secret not in "".join(told["around"])
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())
    assert holding(tmp_path, secret) == []


def holding(folder: Path, secret: str) -> list[Path]:
    """The files with this in them."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if secret.encode() in path.read_bytes()]


async def test_what_cannot_be_asked_is_a_sentence(scene: Scene) -> None:
    with pytest.raises(Problem, match="no such connection"):
        await scene.witnessing().run(ConnectionId("nobody's"))
    with pytest.raises(Problem, match="There is no witness for nobroker"):
        script_of("nobroker")
    with pytest.raises(Problem, match="could not be made from locks/witness-nobroker"):
        await python_of("nobroker")
    plain = scene.settings.model_copy(
        update={"endpoints": {"alpaca": {"paper": {"trading": "http://192.0.2.1"}}}}
    )
    with pytest.raises(Problem, match="by TLS off loopback"):
        await Witnessing(scene.stores, plain).run(scene.connection.id)
