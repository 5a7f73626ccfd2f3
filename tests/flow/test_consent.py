"""Linking by consent on the broker's page: who comes back, with what, and when."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import sandbox
from sandbox.orders import Side, Ticket
from tests.flow.browser import AGAIN, ASKED, BEGIN, Browser, brought, browsing, decided
from tests.flow.follower import Follower
from tests.flow.test_connecting import POSITIONS, _read, _synced
from tests.flow.world import COMPLETE, Api, World, world
from tests.waiting import asked_until

APP = {"client_id": sandbox.CLIENT_ID, "client_secret": sandbox.CLIENT_SECRET}
HELD = {f"APPS__ALPACA__{name}".upper(): value for name, value in APP.items()}
WAYS = """
{ brokers { name signIns { kind name fields { name secret required } callbackUrl authorizeUrl } } }
"""


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, users=("ada", "eve")) as made:
        _buy(made, 3)
        yield made


@pytest.fixture
async def url(made: World) -> AsyncIterator[str]:
    async with made.served(**HELD) as (url, _):
        yield url


@pytest.fixture
async def api(made: World, url: str) -> Api:
    return made.api(url)


@pytest.fixture
async def ada(made: World, url: str) -> AsyncIterator[Browser]:
    async with browsing(made, url) as browser:
        yield browser


def _buy(made: World, quantity: int) -> None:
    ticket = Ticket(symbol="AAPL", side=Side.BUY, quantity=Decimal(quantity))
    made.box.exchange.submit(made.box.paper, ticket)
    made.box.exchange.work()


async def _fault(api: Api, id: str) -> str | None:
    fault: dict[str, str] | None = (await api.connection(id))["health"]["fault"]
    return None if fault is None else fault["code"]


def _held(quantity: str) -> Any:
    return lambda data: [e["node"]["quantity"] for e in data["positions"]["edges"]] == [quantity]


async def test_a_person_consents_and_the_portfolio_streams(
    made: World, api: Api, ada: Browser
) -> None:
    begun = await ada.begin()
    assert begun["signIn"]["fields"] == []
    assert begun["signIn"]["callbackUrl"] == f"{ada.url}/connect/callback"
    page = await ada.consent(begun["signIn"]["authorizeUrl"])
    assert (page.status, "is connected" in page.text) == (200, True)
    connection = await api.connection(begun["connection"]["id"])
    assert connection["health"]["state"] == "ACTIVE"
    await asked_until(lambda: api.ask(POSITIONS), _held("3"))
    await asked_until(lambda: _sessions(made), bool)
    _buy(made, 2)
    await asked_until(lambda: api.ask(POSITIONS), _held("5"))


async def _sessions(made: World) -> set[Any]:
    """Who listens to orders: a token in its own dialect."""
    return {each for each in made.box.alpaca.trade_updates["paper"].sessions if each.listening}


async def test_what_settings_do_not_hold_is_asked_for_and_graphql_alone_is_enough(
    made: World,
) -> None:
    async with made.served() as (url, _):
        api = made.api(url)
        (alpaca,) = [b for b in (await api.ask(WAYS))["brokers"] if b["name"] == "alpaca"]
        _, consent = alpaca["signIns"]
        assert [field["name"] for field in consent["fields"]] == ["client_id", "client_secret"]
        assert consent["authorizeUrl"] is None
        values = [{"name": name, "value": value} for name, value in APP.items()]
        begun = (await api.ask(BEGIN, input={**ASKED, "values": values}))["beginConnect"]
        back = await decided(made.http, begun["signIn"]["authorizeUrl"])
        forged = await _complete(api, begun["connection"]["id"], {**brought(back), "state": "x"})
        assert [error["code"] for error in forged["userErrors"]] == ["BAD_INPUT"]
        assert await _fault(api, begun["connection"]["id"]) == "BAD_INPUT"
        done = await _complete(api, begun["connection"]["id"], brought(back))
        assert done["userErrors"] == []
        assert done["connection"]["health"]["state"] == "ACTIVE"


async def _complete(api: Api, id: str, came: dict[str, str]) -> dict[str, Any]:
    values = [{"name": name, "value": value} for name, value in came.items()]
    given = {"connectionId": id, "values": values}
    completed: dict[str, Any] = (await api.ask(COMPLETE, input=given))["completeConnect"]
    return completed


async def test_who_refuses_is_told_so_and_may_begin_again(api: Api, ada: Browser) -> None:
    begun = await ada.begin()
    page = await ada.consent(begun["signIn"]["authorizeUrl"], "refuse")
    assert (page.status, "did not consent" in page.text) == (400, True)
    id = begun["connection"]["id"]
    assert await _fault(api, id) == "CONSENT_REFUSED"
    again = (await ada.ask(AGAIN, input={"connectionId": id, "way": "oauth"}))["reauthorize"]
    assert (await ada.consent(again["signIn"]["authorizeUrl"])).status == 200
    assert (await api.connection(id))["health"]["state"] == "ACTIVE"
    assert await _fault(api, id) is None


async def test_a_wrong_state_is_refused_and_does_not_spoil_the_right_one(
    api: Api, ada: Browser
) -> None:
    begun = await ada.begin()
    back = await decided(ada.http, begun["signIn"]["authorizeUrl"])
    forged = urlencode(brought(back) | {"state": "forged"})
    page = await ada.go(f"{ada.url}/connect/callback?{forged}")
    assert (page.status, "no sign-in that is under way" in page.text) == (400, True)
    assert await _fault(api, begun["connection"]["id"]) == "BAD_INPUT"
    assert (await ada.go(back)).status == 200
    page = await ada.go(back)
    assert (page.status, "used already" in page.text) == (409, True)
    # What works is not disturbed by somebody who tries again.
    assert (await api.connection(begun["connection"]["id"]))["health"]["state"] == "ACTIVE"


async def test_nobody_else_can_come_back_for_it(made: World, api: Api, ada: Browser) -> None:
    begun = await ada.begin()
    back = await decided(ada.http, begun["signIn"]["authorizeUrl"])
    assert (await Browser(ada.url, made.http).go(back)).status == 401
    async with browsing(made, ada.url, "eve") as eve:
        page = await eve.go(back)
        assert (page.status, "by somebody else" in page.text) == (403, True)
    id = begun["connection"]["id"]
    assert await _fault(api, id) == "FORBIDDEN"
    # What somebody else has seen is worth nothing any more.
    assert (await ada.go(back)).status == 409


async def test_another_browser_of_the_same_person_cannot_come_back_for_it(
    made: World, ada: Browser
) -> None:
    begun = await ada.begin()
    back = await decided(ada.http, begun["signIn"]["authorizeUrl"])
    async with browsing(made, ada.url) as other:
        page = await other.go(back)
        assert (page.status, "another browser" in page.text) == (403, True)
    assert (await ada.go(back)).status == 200


async def test_a_consent_survives_a_restart(made: World) -> None:
    async with made.served(**HELD) as (url, child):
        port = url.rpartition(":")[2]
        async with browsing(made, url) as ada:
            begun = await ada.begin()
            back = await decided(ada.http, begun["signIn"]["authorizeUrl"])
            await child.stop()
            async with made.served(**HELD, PORT=port):
                assert (await ada.go(back)).status == 200


async def test_a_revoked_token_asks_for_signing_in_and_another_consent_mends_it(
    made: World, api: Api, ada: Browser
) -> None:
    begun = await ada.begin()
    await ada.consent(begun["signIn"]["authorizeUrl"])
    id = begun["connection"]["id"]
    await asked_until(lambda: api.ask(POSITIONS), _held("3"))
    before = (await api.ask(ACCOUNTS))["accounts"]
    for token in [key for key, each in _credentials(made) if each.scopes is not None]:
        made.box.alpaca.revoke(token)
    dead = await asked_until(
        lambda: api.connection(id), lambda each: each["health"]["state"] == "REAUTH_REQUIRED"
    )
    assert dead["health"]["fault"]["code"] == "CREDENTIALS_REJECTED"
    again = (await ada.ask(AGAIN, input={"connectionId": id, "way": "oauth"}))["reauthorize"]
    assert (await ada.consent(again["signIn"]["authorizeUrl"])).status == 200
    mended = await asked_until(
        lambda: api.connection(id), lambda each: each["health"]["state"] == "ACTIVE"
    )
    assert mended["id"] == id
    assert (await api.ask(ACCOUNTS))["accounts"] == before


ACCOUNTS = "{ accounts { id } }"


def _credentials(made: World) -> list[tuple[str, Any]]:
    return list(made.box.alpaca.access.credentials.items())


async def test_a_consent_to_another_account_mends_nothing_and_harms_nothing(
    made: World, api: Api, ada: Browser
) -> None:
    made.box.alpaca.account("PKOTHER", "another-secret")
    id = await api.link("PKOTHER", "another-secret")
    again = (await ada.ask(AGAIN, input={"connectionId": id, "way": "oauth"}))["reauthorize"]
    page = await ada.consent(again["signIn"]["authorizeUrl"])
    assert (page.status, "belongs to another account" in page.text) == (400, True)
    await _synced(api, id)
    assert (await api.connection(id))["health"]["state"] == "ACTIVE"


async def test_a_token_of_a_paper_account_opens_no_live_one(
    made: World, api: Api, ada: Browser
) -> None:
    made.box.alpaca.sign_in._accounts.pop("live")
    begun = await ada.begin(environment="LIVE")
    page = await ada.consent(begun["signIn"]["authorizeUrl"])
    assert (page.status, "of a PAPER account" in page.text) == (400, True)
    assert await _fault(api, begun["connection"]["id"]) == "ENVIRONMENT_MISMATCH"


async def test_a_broker_that_does_not_exchange_the_consent_is_told_and_asked_once(
    made: World, api: Api, ada: Browser
) -> None:
    begun = await ada.begin()
    made.box.faults.add("error_after", path="/oauth/token", status=503)
    page = await ada.consent(begun["signIn"]["authorizeUrl"])
    assert (page.status, "did not exchange" in page.text) == (502, True)
    assert await _fault(api, begun["connection"]["id"]) == "BROKER_UNREACHABLE"
    assert [entry.path for entry in made.box.log.entries].count("/oauth/token") == 1


async def test_keys_mend_what_a_consent_began(api: Api, ada: Browser) -> None:
    begun = await ada.begin()
    done = await api.complete(begun["connection"]["id"], sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
    assert done["userErrors"] == []
    assert done["connection"]["health"]["state"] == "ACTIVE"


WORTH = """
{ accounts { id connectionId balances { cash } }
  positions(first: 10) { edges { node { quantity } } }
  portfolio(base: "USD") { value leftOut { reason } } }
"""


async def test_an_account_linked_by_keys_and_by_consent_counts_and_streams_once(
    made: World, api: Api, ada: Browser
) -> None:
    keys = await api.link()
    await asked_until(lambda: api.ask(POSITIONS), _held("3"))
    before = await api.ask(WORTH)
    async with Follower(url=lambda: ada.url, token=api.token) as follower:
        begun = await ada.begin(label="By consent")
        assert (await ada.consent(begun["signIn"]["authorizeUrl"])).status == 200
        await asked_until(lambda: _sessions(made), lambda sessions: len(sessions) == 2)
        await asked_until(lambda: api.connection(begun["connection"]["id"]), _read)
        assert await api.ask(WORTH) == before
        _buy(made, 2)
        await follower.until(lambda frames: _filled(frames, "2"))
        await asked_until(lambda: api.ask(POSITIONS), _held("5"))
        for id in (keys, begun["connection"]["id"]):
            await _synced(api, id)
        bought = await api.ask(WORTH)
        assert len(bought["accounts"]) == 1
        executions = [one for f in follower.frames for one in f.get("executions", ())]
        assert len({one["executionId"] for one in executions}) == len(executions) == 1
        # Whoever goes leaves the account to the other.
        await api.ask(DISCONNECT, input={"connectionId": bought["accounts"][0]["connectionId"]})
        await asked_until(lambda: api.ask(WORTH), lambda now: _handed_over(now, bought))


DISCONNECT = """
mutation($input: DisconnectInput!) { disconnect(input: $input) { userErrors { code } } }
"""


def _filled(frames: list[dict[str, Any]], quantity: str) -> bool:
    orders = [f["order"] for f in frames if f["__typename"] == "OrderChanged"]
    return any((o["status"], o["filledQuantity"]) == ("FILLED", quantity) for o in orders)


def _handed_over(now: dict[str, Any], before: dict[str, Any]) -> bool:
    (mine,), (then,) = now["accounts"], before["accounts"]
    moved: bool = mine["connectionId"] != then["connectionId"]
    return mine["id"] == then["id"] and moved
