"""Consent whose code a person may copy: mistyped and mended, or brought back by itself."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import sandbox
from sandbox.doors import Door, doors
from tests.flow.browser import Browser, browsing
from tests.flow.world import COMPLETE, World, world

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
async def ada(made: World) -> AsyncIterator[Browser]:
    etrade = _door(made.box)
    given = {f"ENDPOINTS__ETRADE__SANDBOX__{n}".upper(): u for n, u in etrade.endpoints.items()}
    held = {f"APPS__ETRADE__{name}".upper(): value for name, value in etrade.typed.items()}
    async with made.served(**given, **held) as (url, _), browsing(made, url) as browser:
        yield browser


def _door(box: sandbox.Sandbox) -> Door:
    return next(door for door in doors(box) if door.broker == "etrade")


def _code(made: World, begun: dict[str, Any]) -> str:
    """What the broker's page shows to whoever agrees."""
    consent = _door(made.box).consent
    assert consent is not None
    return consent(begun["signIn"]["authorizeUrl"])["oauth_verifier"]


async def _complete(ada: Browser, begun: dict[str, Any], code: str) -> dict[str, Any]:
    values = [{"name": begun["signIn"]["verifier"]["name"], "value": code}]
    given = {"connectionId": begun["connection"]["id"], "values": values}
    completed: dict[str, Any] = (await ada.ask(COMPLETE, input=given))["completeConnect"]
    return completed


async def _begun(ada: Browser) -> dict[str, Any]:
    begun = await ada.begin(broker="etrade", environment="SANDBOX", way=None)
    assert begun["signIn"]["kind"] == "CONSENT"
    assert begun["signIn"]["fields"] == []
    return begun


async def test_a_copied_code_links_and_a_mistyped_one_does_not_spoil_it(
    made: World, ada: Browser
) -> None:
    begun = await _begun(ada)
    code = _code(made, begun)
    refused = await _complete(ada, begun, "WRONG")
    assert [error["code"] for error in refused["userErrors"]] == ["CREDENTIALS_REJECTED"]
    done = await _complete(ada, begun, code)
    assert done["userErrors"] == []
    assert done["connection"]["health"]["state"] == "ACTIVE"
    assert done["connection"]["accounts"]
    # E*TRADE's sign-ins end at New York's midnight.
    (connection,) = (await ada.ask("{ connections { expiresAt } }"))["connections"]
    ends = datetime.fromisoformat(connection["expiresAt"]).astimezone(NEW_YORK)
    assert (ends.hour, ends.minute) == (0, 0)
    again = await _complete(ada, begun, code)
    assert [error["code"] for error in again["userErrors"]] == ["CONFLICT"]


async def test_a_code_may_come_back_by_itself_with_nothing_beside_it(
    made: World, ada: Browser
) -> None:
    begun = await _begun(ada)
    back = f"{begun['signIn']['callbackUrl']}?oauth_verifier={_code(made, begun)}"
    page = await ada.go(back)
    assert (page.status, "is connected" in page.text) == (200, True)
    assert (await ada.go(back)).status == 400


async def test_of_two_that_wait_such_a_code_completes_neither(made: World, ada: Browser) -> None:
    begun, _ = await _begun(ada), await _begun(ada)
    code = _code(made, begun)
    page = await ada.go(f"{ada.url}/connect/callback?oauth_verifier={code}")
    assert (page.status, "no sign-in that is under way" in page.text) == (400, True)
    assert (await _complete(ada, begun, code))["userErrors"] == []
