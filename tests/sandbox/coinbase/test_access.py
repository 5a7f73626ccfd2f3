"""Who is let in: a token of this key, for this request, of this moment, and once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

import sandbox
from brokers.coinbase.keys import Signer
from brokers.contract import Credentials
from sandbox import Sandbox
from sandbox.clock import ManualClock
from sandbox.coinbase.keys import Key

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNTS = "/api/v3/brokerage/accounts"
ORDERS = "/api/v3/brokerage/orders"


class At:
    """The signer's clock, which may be off."""

    def __init__(self, off: timedelta = timedelta()) -> None:
        self.off = off

    def now(self) -> datetime:
        return NOW + self.off

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, clock=ManualClock(NOW)) as running:
        yield running


def signed(
    box: Sandbox,
    key: Key,
    *,
    method: str = "GET",
    path: str = ACCOUNTS,
    off: timedelta = timedelta(),
    secret: str | None = None,
) -> dict[str, str]:
    """The headers of a request, as it should be or not."""
    credentials = {"key_name": key.name, "private_key": secret or key.secret}
    signer = Signer(Credentials(credentials), At(off))
    return dict(signer.request(method, box.coinbase.rest.url + path))


async def ask(
    box: Sandbox, headers: dict[str, str], method: str = "GET", path: str = ACCOUNTS
) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as client,
        client.request(method, box.coinbase.rest.url + path, headers=headers, json={}) as answer,
    ):
        return answer.status, await answer.text()


@pytest.mark.parametrize("name", ["key", "ed25519_key"])
async def test_a_token_opens_the_request_that_it_is_for_whatever_the_query(
    box: Sandbox, name: str
) -> None:
    key: Key = getattr(box.coinbase, name)
    status, _ = await ask(box, signed(box, key), path=f"{ACCOUNTS}?limit=2")
    assert status == 200


async def test_what_proves_nothing_is_turned_away_in_plain_text(box: Sandbox) -> None:
    key, other = box.coinbase.key, box.coinbase.new_key("other")
    dead = box.coinbase.new_key("dead")
    box.coinbase.revoke(dead.name)
    good = signed(box, key)["Authorization"]
    wrong = {
        "no token": {},
        "not three parts": {"Authorization": "Bearer x.y"},
        "not readable": {"Authorization": "Bearer x.y.z"},
        "not signed by this key": signed(box, key, secret=other.secret),
        "another algorithm": signed(box, key, secret=box.coinbase.ed25519_key.secret),
        "for another request": signed(box, key, path=ORDERS),
        "not valid now": signed(box, key, off=timedelta(minutes=-3)),
        "no such key": signed(box, dead),
    }
    wrong["not valid now"] |= signed(box, key, off=timedelta(minutes=3))
    for headers in wrong.values():
        assert await ask(box, headers) == (401, "Unauthorized\n")
    assert box.coinbase.access.refused == list(wrong)
    spoiled = good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB")
    assert (await ask(box, {"Authorization": spoiled}))[0] == 401


async def test_a_token_opens_once(box: Sandbox) -> None:
    headers = signed(box, box.coinbase.key)
    assert (await ask(box, headers))[0] == 200
    assert (await ask(box, headers))[0] == 401
    assert box.coinbase.access.refused == ["used before"]


async def test_a_key_that_may_only_view_does_not_trade(box: Sandbox) -> None:
    key = box.coinbase.new_key("viewer", can_trade=False)
    headers = signed(box, key, method="POST", path=ORDERS)
    status, said = await ask(box, headers, "POST", ORDERS)
    assert status == 403
    assert "Missing required scopes" in said


async def test_more_than_thirty_a_second_are_too_many(box: Sandbox) -> None:
    key = box.coinbase.key
    statuses = [(await ask(box, signed(box, key)))[0] for _ in range(31)]
    assert statuses == [200] * 30 + [429]


async def test_the_time_and_the_market_are_told_to_everybody(box: Sandbox) -> None:
    for path in ("/api/v3/brokerage/time", "/api/v3/brokerage/market/products"):
        assert (await ask(box, {}, path=path))[0] == 200


async def test_what_there_is_not_is_said_in_the_house_form(box: Sandbox) -> None:
    for path in (f"{ORDERS}/historical/nothing", "/api/v3/brokerage/no/such/thing"):
        status, said = await ask(box, signed(box, box.coinbase.key, path=path), path=path)
        assert status == 404
        assert '"error_details"' in said
