"""How a person lets us in at E*TRADE, and how it goes wrong."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import aiohttp
import pytest

import sandbox
from brokers.contract import Asked, Consent, Credentials
from brokers.etrade import PLUGIN
from brokers.gate import Purpose
from domain.errors import BrokerError, CredentialsRejected, Unreachable
from sandbox import Sandbox
from sandbox.clock import ManualClock
from tests.brokers.desk import Desk
from tests.brokers.etrade_line.scene import lined, opening

APP = {"consumer_key": sandbox.CONSUMER_KEY, "consumer_secret": sandbox.CONSUMER_SECRET}
CALLBACK = "https://house.example/connect/callback"
(WAY,) = (way for way in PLUGIN.sign_ins if isinstance(way, Consent))


async def asked(box: Sandbox, desk: Desk, app: dict[str, str] | None = None) -> Asked:
    return await WAY.ask(opening(box, desk, app or APP), CALLBACK, "ours")


async def accepted(page: str) -> str:
    """What the person's browser ends at."""
    form = dict(parse_qsl(urlsplit(page).query)) | {"decision": "accept"}
    async with (
        aiohttp.ClientSession() as browser,
        browser.post(page, data=form, allow_redirects=False) as answer,
    ):
        return answer.headers.get("Location") or await answer.text()


async def redeemed(box: Sandbox, desk: Desk, begun: Asked, code: str) -> Credentials:
    kept = opening(box, desk, {**APP, **begun.kept})
    return await WAY.redeem(kept, {"oauth_verifier": code})


async def test_a_code_that_is_copied_opens_the_accounts(box: Sandbox, desk: Desk) -> None:
    begun = await asked(box, desk)
    async with aiohttp.ClientSession() as browser, browser.get(begun.url) as page:
        assert "Accept" in await page.text()
    code = (await accepted(begun.url)).split('value="')[1].split('"')[0]
    credentials = await redeemed(box, desk, begun, f" {code} ")
    async with lined(box, desk, credentials) as line:
        assert len(await line.accounts()) == 2
    assert {one.purpose for one in desk.records[:2]} == {Purpose.SESSION}


async def test_a_registered_callback_brings_the_code_and_names_the_asking(
    box: Sandbox, desk: Desk
) -> None:
    box.etrade.tokens.callbacks[sandbox.CONSUMER_KEY] = CALLBACK
    begun = await asked(box, desk)
    back = urlsplit(await accepted(begun.url))
    told = {name: values[0] for name, values in parse_qs(back.query).items()}
    assert back.geturl().startswith(CALLBACK)
    assert told[WAY.state] == begun.state
    assert [name for name in told if name != WAY.state] == list(WAY.returns)
    assert await redeemed(box, desk, begun, told["oauth_verifier"])


async def test_a_wrong_code_is_rejected_and_the_right_one_still_works(
    box: Sandbox, desk: Desk
) -> None:
    begun = await asked(box, desk)
    code = box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, begun.state)
    for wrong in ("WRONG", "", " "):
        with pytest.raises(CredentialsRejected):
            await redeemed(box, desk, begun, wrong)
    assert await redeemed(box, desk, begun, code)


async def test_a_code_works_once(box: Sandbox, desk: Desk) -> None:
    begun = await asked(box, desk)
    code = box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, begun.state)
    assert await redeemed(box, desk, begun, code)
    with pytest.raises(CredentialsRejected):
        await redeemed(box, desk, begun, code)


async def test_a_code_that_comes_late_is_rejected(desk: Desk) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with sandbox.serve(seed=1, clock=clock) as box:
        begun = await asked(box, desk)
        assert timedelta(minutes=4) < begun.expires_at - desk.clock.now() <= timedelta(minutes=5)
        code = box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, begun.state)
        box.etrade.access.clockwork.skew = timedelta(hours=1)
        clock.advance(timedelta(minutes=5, seconds=1))
        with pytest.raises(CredentialsRejected):
            await redeemed(box, desk, begun, code)


async def test_a_code_of_another_asking_is_rejected(box: Sandbox, desk: Desk) -> None:
    mine, others = await asked(box, desk), await asked(box, desk)
    code = box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, others.state)
    box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, mine.state)
    with pytest.raises(CredentialsRejected):
        await redeemed(box, desk, mine, code)


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret"])
async def test_wrong_app_keys_are_rejected_before_anybody_is_asked(
    box: Sandbox, desk: Desk, name: str
) -> None:
    with pytest.raises(CredentialsRejected):
        await asked(box, desk, {**APP, name: "another"})


@pytest.mark.parametrize(
    "kind", ["garbage_after", "html_after", "error", "reset", "truncated_after", "rate_limited"]
)
async def test_whatever_fails_can_be_begun_anew(box: Sandbox, desk: Desk, kind: str) -> None:
    box.faults.add(kind, path="/oauth/*")
    with pytest.raises(BrokerError) as told:
        await asked(box, desk)
    if kind != "rate_limited":
        assert isinstance(told.value, Unreachable)
    assert await asked(box, desk)


async def test_a_nonce_is_not_taken_twice_nor_an_old_request(box: Sandbox, desk: Desk) -> None:
    from brokers.etrade.session import keys_of
    from brokers.etrade.sign import signed

    url = f"{box.etrade.host.url}/v1/accounts/list.json"
    keys = keys_of(Credentials(box.etrade.token()))
    now = desk.clock.now()
    replayed = dict(signed(keys, "GET", url, now))
    old = dict(signed(keys, "GET", url, now - timedelta(minutes=6)))
    async with aiohttp.ClientSession() as client:
        for headers, status in ((replayed, 200), (replayed, 401), (old, 401)):
            async with client.get(url, headers=headers) as answer:
                assert answer.status == status


async def test_nothing_secret_is_in_a_repr(box: Sandbox, desk: Desk) -> None:
    begun = await asked(box, desk)
    code = box.etrade.tokens.let_in(sandbox.CONSUMER_KEY, begun.state)
    credentials = await redeemed(box, desk, begun, code)
    shown = repr((begun.kept, credentials, desk.records))
    for name in ("token", "token_secret", "consumer_secret"):
        assert credentials[name] not in shown
