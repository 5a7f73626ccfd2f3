"""One user at four brokers: what is owned adds up, and orders go to each at the same time."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sandbox.account import Account
from sandbox.doors import Door, doors
from sandbox.orders import Side, Ticket
from tests.flow.follower import Follower
from tests.flow.orders import PLACE
from tests.flow.world import COMPLETE, Api, World, world
from tests.waiting import asked_until

BEGIN = """
mutation Begin($input: BeginConnectInput!) { beginConnect(input: $input) {
  connection { id } signIn { authorizeUrl } userErrors { code message }
} }
"""
OWNED = """
{ portfolio(base: "USD", environments: [PAPER, SANDBOX]) {
    value
    rates { currency base rate source asOf }
    leftOut { reason currency amount instrument { symbol } }
    allocation { byBroker { key value } byAccount { value } byAssetClass { value }
      byCurrency { key value } byInstrument { value } }
  }
  positions(first: 50) { nodes {
    accountId currency quantity instrument { symbol assetClass }
    valuation { marketValue }
  } }
  accounts { id broker balances { currency cash } }
}
"""
SWISS = "PKSANDBOX00000000CHF"
# What each broker's own account gets.
TRADED = {
    "alpaca": {"AAPL": "3", "BTC/USD": "0.12345678"},
    "coinbase": {"ETH/USD": "0.75"},
    "etrade": {"AAPL": "2", "VFIAX": "1.5"},
    "ibkr": {"SAP.IBIS": "5", "VOD.LSE": "100", "MESH7": "1"},
}


class Address(Protocol):
    """Where a broker is."""

    @property
    def broker(self) -> str:
        """Its name."""
        ...

    @property
    def environment(self) -> str:
        """Of its money."""
        ...

    @property
    def endpoints(self) -> Mapping[str, str]:
        """Addresses by name."""
        ...


def settings_of(doors: Iterable[Address]) -> dict[str, str]:
    """Settings that put the sandbox in every broker's place."""
    return {
        f"ENDPOINTS__{door.broker}__{door.environment}__{name}".upper(): url
        for door in doors
        for name, url in door.endpoints.items()
    }


def _values(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in given.items()]


async def begin(
    api: Api, door: Address, ahead: Mapping[str, str] | None = None
) -> tuple[str, str | None]:
    """The id of a connection that is to be signed in, and the page of a consent."""
    asked = {
        "broker": door.broker,
        "environment": door.environment,
        "permission": "TRADE",
        "values": _values(ahead or {}),
    }
    begun = (await api.ask(BEGIN, input=asked))["beginConnect"]
    assert begun["userErrors"] == [], begun
    return begun["connection"]["id"], begun["signIn"]["authorizeUrl"]


async def complete(api: Api, id: str, given: Mapping[str, str]) -> None:
    """The last step of signing in."""
    asked = {"connectionId": id, "values": _values(given)}
    completed = (await api.ask(COMPLETE, input=asked))["completeConnect"]
    assert completed["userErrors"] == [], completed


async def _link(api: Api, door: Door) -> None:
    """Sign in as a person would."""
    id, page = await begin(api, door, door.typed if door.consent else None)
    await complete(api, id, door.consent(page) if door.consent and page else door.typed)


def _owners(made: World) -> dict[str, Account]:
    """The account that is traded in at each broker."""
    box = made.box
    return {
        "alpaca": box.paper,
        "coinbase": box.coinbase.account,
        "etrade": box.etrade.margin,
        "ibkr": next(iter(box.ibkr.paper.accounts.values())),
    }


def _trade(made: World) -> None:
    for broker, bought in TRADED.items():
        for symbol, quantity in bought.items():
            ticket = Ticket(symbol=symbol, side=Side.BUY, quantity=Decimal(quantity))
            made.box.exchange.submit(_owners(made)[broker], ticket)
            made.box.exchange.work()


@asynccontextmanager
async def _linked(folder: Path) -> AsyncIterator[tuple[World, Api]]:
    async with world(folder) as made:
        found = doors(made.box)
        _trade(made)
        async with made.served(**settings_of(found)) as (url, _):
            api = made.api(url)
            for door in found:
                await _link(api, door)
            yield made, api


def _known(found: dict[str, Any]) -> bool:
    """Everything that was bought is shown with a price, and the cash of every account."""
    shown = found["positions"]["nodes"]
    bought = sum(len(each) for each in TRADED.values())
    funded = all(account["balances"] for account in found["accounts"])
    return len(shown) == bought and all(one["valuation"] for one in shown) and funded


async def test_a_portfolio_over_four_brokers_and_three_currencies_adds_up(tmp_path: Path) -> None:
    async with _linked(tmp_path) as (made, api):
        # Whose rate nobody tells.
        made.box.alpaca.account(SWISS, "secret", cash=Decimal("99.5")).currency = "CHF"
        await api.link(SWISS, "secret")
        await asked_until(lambda: api.ask(OWNED), _known)
        # The fields of one answer are read one after another: only now do all see the same.
        found = await api.ask(OWNED)
    told = found["portfolio"]
    total = Decimal(told["value"])
    rates = {one["currency"]: Decimal(one["rate"]) for one in told["rates"]}
    assert rates.keys() == {"EUR", "GBP"}
    assert {(one["base"], one["source"]) for one in told["rates"]} == {("USD", "BROKER")}
    assert all(one["asOf"] for one in told["rates"])
    rates["USD"] = Decimal(1)
    cash = [one for account in found["accounts"] for one in account["balances"]]
    # What a future is worth is in the cash already.
    held = [one for one in found["positions"]["nodes"] if _is_paid(one)]
    parts = [Decimal(one["cash"]) * rates.get(one["currency"], 0) for one in cash]
    parts += [
        Decimal(one["valuation"]["marketValue"]) * rates.get(one["currency"], 0) for one in held
    ]
    assert sum(parts) == total
    for slices in told["allocation"].values():
        assert sum(Decimal(one["value"]) for one in slices) == total
    assert {one["key"] for one in told["allocation"]["byBroker"]} == set(TRADED)
    assert {one["key"] for one in told["allocation"]["byCurrency"]} == {"USD", "EUR", "GBP"}
    (missing,) = [one for one in told["leftOut"] if one["reason"] == "NO_RATE"]
    assert (missing["currency"], missing["amount"]) == ("CHF", "99.5")


def _is_paid(position: dict[str, Any]) -> bool:
    kind: str = position["instrument"]["assetClass"]
    return kind != "FUTURE"


async def test_orders_go_to_every_broker_at_once_and_each_is_told_once(tmp_path: Path) -> None:
    async with _linked(tmp_path) as (made, api):
        found = await asked_until(lambda: api.ask(OWNED), _known)
        traded = {account["id"]: account["broker"] for account in found["accounts"]}
        accounts = {
            traded[one["accountId"]]: one["accountId"] for one in found["positions"]["nodes"]
        }
        token = made.tokens["ada"]
        async with Follower(url=lambda: api.url, token=token) as follower:
            await follower.until(lambda frames: frames)
            outcomes = await asyncio.gather(
                *(api.ask(PLACE, input=_ticket(*each)) for each in accounts.items())
            )
            placed = [each["placeOrder"]["outcome"] for each in outcomes]
            assert {one["__typename"] for one in placed} == {"OrderPlaced"}, outcomes
            ids = {one["order"]["id"] for one in placed}
            assert len(ids) == len(TRADED)
            await follower.until(lambda frames: ids <= _filled(frames))
            cursors = [one["cursor"] for one in follower.frames if "order" in one]
            assert len(cursors) == len(set(cursors))


def _ticket(broker: str, account: str) -> dict[str, Any]:
    crypto = broker == "coinbase"
    symbol, kind = ("BTC/USD", "CRYPTO") if crypto else ("AAPL", "EQUITY")
    ticket = {
        "accountId": account,
        "instrument": {"assetClass": kind, "symbol": symbol},
        "side": "BUY",
        "type": "MARKET",
        "timeInForce": "IOC" if crypto else "DAY",
        "quantity": "0.01" if crypto else "1",
    }
    return {"idempotencyKey": f"once-{broker}", "ticket": ticket}


def _filled(frames: list[dict[str, Any]]) -> set[str]:
    """The orders that were told to have filled."""
    told = [one["order"] for one in frames if one["__typename"] == "OrderChanged"]
    return {one["id"] for one in told if one["status"] == "FILLED"}
