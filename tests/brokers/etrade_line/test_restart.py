"""A server that stopped before it knew what became of an order finds it again by what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import sandbox
from app.clock import RealClock
from app.house import House, opened_house
from app.metrics import Metrics
from app.settings import Settings
from domain.account import Environment
from domain.connection import Permission
from domain.ids import AccountId, UserId
from domain.intent import Intent, IntentState
from domain.order import Origin
from sandbox import Sandbox
from sandbox.orders import OrdType, Side
from sandbox.orders import Ticket as Asked
from store.keyring import Keyring
from tests.brokers.etrade_line.scene import sent
from tests.brokers.tickets import APPLE, terms
from tests.waiting import until
from trading.wanted import Draft

ADA = UserId("ada")
APP = {"consumer_key": sandbox.CONSUMER_KEY, "consumer_secret": sandbox.CONSUMER_SECRET}
PLACE, LIST = "*/orders/place.json", "*/orders.json"
DRAFT = Draft(instrument=APPLE, terms=terms(limit="100"))


@asynccontextmanager
async def house(box: Sandbox, folder: Path) -> AsyncIterator[House]:
    """The server, started anew on the same folder."""
    url = box.etrade.host.url
    settings = Settings(
        data_folder=folder / "data" / "main",
        endpoints={"etrade": {"sandbox": {"api": url, "oauth": url, "authorize": url}}},
    )
    if not settings.key_path.exists():
        Keyring.create(settings.key_path)
    async with opened_house(settings, RealClock(), Metrics()) as opened:
        yield opened


async def link(box: Sandbox, made: House) -> AccountId:
    """The margin account, signed in to by a person."""
    connect = made.services.connect
    begun = await connect.begin(
        ADA,
        broker="etrade",
        environment=Environment.SANDBOX,
        label="E*TRADE",
        permission=Permission.TRADE,
        persist=True,
        signed_in_at=None,
        values=APP,
    )
    (token,) = box.etrade.tokens.asked
    code = box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, token)
    await connect.complete(ADA, begun.connection.id, {"oauth_verifier": code})
    ending = box.etrade.margin.number[-4:]
    accounts = await made.stores.reads.accounts(ADA)
    return next(one.id for one in accounts if one.masked_number.endswith(ending))


async def place(made: House, account: AccountId, key: str = "one") -> Intent:
    return await made.services.desk.orders.place(ADA, account, DRAFT, key=key)


async def interrupted(box: Sandbox, folder: Path, kind: str, key: str = "one") -> AccountId:
    """An order whose answer was lost, and a server that was stopped before it could look."""
    async with house(box, folder) as made:
        account = await link(box, made)
        box.faults.add(kind, path=PLACE)
        box.faults.add("refused", path=LIST, count=0)
        assert (await place(made, account, key)).state is IntentState.UNKNOWN
    box.faults.clear()
    return account


async def test_an_order_that_arrived_is_found_again_and_sent_once(
    box: Sandbox, tmp_path: Path
) -> None:
    account = await interrupted(box, tmp_path, "reset_after")
    async with house(box, tmp_path) as made:
        async with asyncio.timeout(20):
            while (await place(made, account)).state is not IntentState.PLACED:
                looked = sent(box, "/orders.json")
                await until(lambda before=looked: sent(box, "/orders.json") > before)  # type: ignore[misc]  # bound at once
        page = await made.stores.reads.orders(ADA, first=10)
        assert [one.origin for one in page.items] == [Origin.HERE]
    assert sent(box, "/orders/place.json") == 1


async def test_one_that_never_arrived_stays_unknown_though_another_looks_alike(
    box: Sandbox, tmp_path: Path
) -> None:
    account = await interrupted(box, tmp_path, "reset")
    other = Asked(
        symbol="AAPL",
        side=Side.BUY,
        quantity=Decimal(2),
        type=OrdType.LIMIT,
        limit_price=Decimal(99),
    )
    box.exchange.submit(box.etrade.margin, other)
    box.exchange.work()
    async with house(box, tmp_path) as made:
        looked = sent(box, "/orders.json")
        await until(lambda: sent(box, "/orders.json") >= looked + 6)
        assert (await place(made, account)).state is IntentState.UNKNOWN
    assert sent(box, "/orders/place.json") == 1
