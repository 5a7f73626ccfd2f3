"""coinbase-advanced-py, unchanged, agrees with what we keep, and tells what differs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import sandbox
from domain.account import Environment
from domain.errors import Problem
from sandbox import Sandbox
from sandbox.account import Account
from sandbox.coinbase.keys import Key
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.app.witness_scene import Scene, scened

D = Decimal
GTC, GTD = TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE
LIMIT, STOP_LIMIT = OrdType.LIMIT, OrdType.STOP_LIMIT
FAR = datetime(2030, 1, 1, tzinfo=UTC)


def wanted(side: Side, kind: OrdType = LIMIT, life: TimeInForce = GTC, **terms: object) -> Ticket:
    return Ticket(
        symbol="BTC/USD",
        side=side,
        type=kind,
        time_in_force=life,
        quantity=D("0.01"),
        **terms,  # type: ignore[arg-type]  # terms by name
    )


OPEN = [
    wanted(Side.BUY, limit_price=D(50_000)),
    wanted(Side.SELL, limit_price=D("150000.5")),
    wanted(Side.BUY, life=GTD, limit_price=D(50_000), expires=FAR),
    wanted(Side.BUY, STOP_LIMIT, stop_price=D(150_000), limit_price=D(151_000)),
    wanted(Side.SELL, STOP_LIMIT, GTD, stop_price=D(50_000), limit_price=D(49_000), expires=FAR),
]


def hold(box: Sandbox, account: Account) -> None:
    """Two coins, euros, an order of each kind, one half filled and one changed."""
    account.pay_in("EUR", D("250.75"))
    for symbol, quantity in (("BTC/USD", "0.12345678"), ("ETH/USD", "1.5")):
        box.exchange.submit(account, Ticket(symbol=symbol, side=Side.BUY, quantity=D(quantity)))
    box.exchange.work()
    placed = [box.exchange.submit(account, ticket) for ticket in OPEN]
    box.exchange.liquidity["ETH/USD"] = D("0.25")
    half = Ticket(symbol="ETH/USD", side=Side.BUY, type=LIMIT, time_in_force=GTC)
    object.__setattr__(half, "quantity", D("0.75"))
    object.__setattr__(half, "limit_price", D(4000))
    box.exchange.submit(account, half)
    box.exchange.work()
    box.exchange.amend(account, placed[0].id, quantity=D("0.02"), limit_price=D(51_000))
    box.exchange.work()


@pytest.fixture(params=["key", "ed25519_key"])
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with sandbox.serve(seed=7) as box:
        coinbase = box.coinbase
        key: Key = getattr(coinbase, request.param)
        urls = {
            "rest": coinbase.rest.url,
            "market": coinbase.market.socket_url,
            "user": coinbase.user.socket_url,
        }
        # As it is pasted into a field of one line.
        pasted = {"key_name": key.name, "private_key": key.secret.replace("\n", "\\n")}
        hold(box, coinbase.account)
        async with scened(tmp_path, box, "coinbase", Environment.SANDBOX, urls, pasted) as made:
            yield made


async def test_it_agrees_on_every_wallet_and_kind_of_open_order(scene: Scene) -> None:
    verdict = await scene.witnessing().run(scene.connection.id)

    assert verdict.differences == ()
    account, currencies, coins, orders = 1, 2, 2, len(OPEN) + 1
    assert verdict.compared == account + currencies + coins + orders
    # Asked for by the clients alone; nothing that changes anything.
    assert {one.method for one in scene.box.log.entries} == {"GET"}


async def test_what_one_side_has_not_got_is_told(scene: Scene) -> None:
    hidden = scene.box.coinbase.account.holdings.pop("ETH/USD")
    kept = await scene.kept()
    scene.box.coinbase.account.holdings["ETH/USD"] = hidden
    scene.box.exchange.submit(scene.box.coinbase.account, wanted(Side.BUY, limit_price=D(1000)))

    found = [str(one) for one in await scene.told(kept, await scene.seen())]

    assert any(one.endswith("position CRYPTO ETH: only there") for one in found)
    assert any("open order" in one and "added after our snapshot" in one for one in found)
    assert len(found) == 2


async def test_an_altered_price_is_told(scene: Scene) -> None:
    kept = await scene.kept()

    scene.box.exchange.set_price("BTC/USD", D(120_000))
    differences = await scene.told(kept, await scene.seen())
    found = [str(one) for one in differences if one.key == "CRYPTO BTC"]

    assert len(found) == 1
    assert "position CRYPTO BTC: price is 92000 here, 120000 there" in found[0]


async def test_a_refusal_is_told_by_its_kind_alone(scene: Scene) -> None:
    for key in list(scene.box.coinbase.access.keys):
        scene.box.coinbase.revoke(key)

    with pytest.raises(Problem, match="HTTPError; nothing was compared"):
        await scene.seen()
