"""Consent at Alpaca: the page that is asked for, and what its code is good for."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

import sandbox
from brokers.alpaca.consent import ask, redeem
from brokers.alpaca.line import Line
from brokers.contract import Asked, Credentials, Opening
from domain.account import Environment
from domain.connection import Permission
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    ErrorCode,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Unintelligible,
)
from sandbox import Sandbox
from tests.brokers.desk import Desk, endpoints
from tests.brokers.tickets import resting
from tests.flow.browser import brought, decided

CALLBACK = "http://127.0.0.1:9/connect/callback"
APP = {"client_id": sandbox.CLIENT_ID, "client_secret": sandbox.CLIENT_SECRET}
TOKEN_PATH = "/oauth/token"


def opening(
    box: Sandbox,
    desk: Desk,
    values: Mapping[str, str],
    permission: Permission = Permission.READ,
) -> Opening:
    """As the lines would make it, with these values beside the app's keys."""
    return Opening(
        credentials=Credentials({**APP, **values}),
        environment=Environment.PAPER,
        endpoints=endpoints(box)[Environment.PAPER],
        gate=desk.gate(),
        clock=desk.clock,
        permission=permission,
    )


async def asked(box: Sandbox, desk: Desk, permission: Permission = Permission.READ) -> Asked:
    return await ask(opening(box, desk, {}, permission), CALLBACK, "a state")


async def code(made: Asked) -> dict[str, str]:
    """What a person who consents comes back with."""
    async with aiohttp.ClientSession() as http:
        return brought(await decided(http, made.url))


async def token(box: Sandbox, desk: Desk, permission: Permission = Permission.READ) -> Credentials:
    """Of a person who consented."""
    made = await asked(box, desk, permission)
    return await redeem(opening(box, desk, made.kept), await code(made))


@pytest.mark.parametrize(
    ("permission", "scope"), [(Permission.READ, "data"), (Permission.TRADE, "trading data")]
)
async def test_no_more_is_asked_for_than_is_needed(
    box: Sandbox, desk: Desk, permission: Permission, scope: str
) -> None:
    made = await asked(box, desk, permission)
    query = {name: value for name, (value,) in parse_qs(urlsplit(made.url).query).items()}
    assert query == {
        "response_type": "code",
        "client_id": sandbox.CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": scope,
        "state": "a state",
    }
    assert made.expires_at > desk.clock.now()
    assert sandbox.CLIENT_SECRET not in made.url
    assert desk.records == []


async def test_a_token_reads_and_what_it_was_not_given_for_is_told(
    box: Sandbox, desk: Desk
) -> None:
    signed = replace(opening(box, desk, {}), credentials=await token(box, desk))
    line = Line(signed)
    try:
        (account,) = await line.accounts()
        assert account.number == box.paper.number
        with pytest.raises(NotPermitted, match="sign in again to allow it"):
            await line.place(resting(box.paper.number))
    finally:
        await line.aclose()
    assert (desk.records[0].path, desk.records[0].purpose) == (TOKEN_PATH, "SESSION")


async def test_a_token_for_trading_trades(box: Sandbox, desk: Desk) -> None:
    signed = replace(opening(box, desk, {}), credentials=await token(box, desk, Permission.TRADE))
    line = Line(signed)
    try:
        assert (await line.place(resting(box.paper.number))).broker_order_id
    finally:
        await line.aclose()


async def test_a_code_is_good_once_and_for_its_own_app_and_address(
    box: Sandbox, desk: Desk
) -> None:
    made = await asked(box, desk)
    came = await code(made)
    for wrong in ({"redirect_uri": "http://elsewhere"}, {"client_secret": "planted-wrong"}):
        with pytest.raises(CredentialsRejected) as refused:
            await redeem(opening(box, desk, {**made.kept, **wrong}), came)
        assert "planted" not in refused.value.message
    again = await asked(box, desk)
    came = await code(again)
    assert await redeem(opening(box, desk, again.kept), came)
    with pytest.raises(CredentialsRejected, match="invalid_grant"):
        await redeem(opening(box, desk, again.kept), came)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("reset_after", OutcomeUnknown),
        ("rate_limited", RateLimited),
        ("garbage_after", Unintelligible),
        ("error_after", BrokerError),
        ("html_after", BrokerError),
    ],
)
async def test_whatever_goes_wrong_it_is_sent_once(
    box: Sandbox, desk: Desk, fault: str, told: type[BrokerError]
) -> None:
    made = await asked(box, desk)
    came = await code(made)
    box.faults.add(fault, path=TOKEN_PATH)
    with pytest.raises(told) as failed:
        await redeem(opening(box, desk, made.kept), came)
    assert failed.value.code is not ErrorCode.OUTCOME_UNKNOWN
    assert [record.path for record in desk.records] == [TOKEN_PATH]
    assert sandbox.CLIENT_SECRET not in failed.value.message
