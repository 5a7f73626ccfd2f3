"""A second factor by GraphQL alone, and that real money is not traded without it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest_asyncio

from domain.account import Environment
from domain.connection import Permission
from domain.errors import ErrorCode, Problem
from graph.context import Viewer
from tests.clock import FakeClock
from tests.graph.asking import ask, refused, viewer
from tests.server import Served, served
from trading.connect import Connect

ENROL = "mutation { enrolSecondFactor(input: {}) { secret uri qr userErrors { code } } }"
CODE = "mutation($code: String!) { %s(input: {code: $code}) { %s userErrors { code field } } }"
CONFIRM = CODE % ("confirmSecondFactor", "recoveryCodes")
PROVE = CODE % ("proveSecondFactor", "provenAt")
REPLACE = CODE % ("replaceRecoveryCodes", "recoveryCodes")
DISABLE = CODE % ("disableSecondFactor", "disabled")
STATE = "{ viewer { provenAt secondFactor { confirmedAt recoveryCodes } } }"


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, clock=FakeClock()) as running:
        yield running


async def person(server: Served) -> Viewer:
    """Somebody in a browser whose sign-in is there."""
    made = await viewer(server)
    later = server.house.services.clock.now() + timedelta(days=1)
    opened, _ = await server.house.stores.sign_ins.open(
        made.user_id, agent="", address="", expires_at=later
    )
    return replace(made, subject=opened.id)


async def pass_by(server: Served, seconds: float) -> None:
    clock = server.house.services.clock
    assert isinstance(clock, FakeClock)
    await clock.advance(seconds)


def code(server: Served, secret: str) -> str:
    return pyotp.TOTP(secret).at(server.house.services.clock.now())


async def enrolled(server: Served, ada: Viewer) -> tuple[str, list[str]]:
    """The secret and the recovery codes, a minute later."""
    made = (await ask(server, ada, ENROL))["enrolSecondFactor"]
    confirmed = await ask(server, ada, CONFIRM, code=code(server, made["secret"]))
    await pass_by(server, 60)
    return made["secret"], confirmed["confirmSecondFactor"]["recoveryCodes"]


async def errors(server: Served, ada: Viewer, query: str, typed: str) -> list[dict[str, Any]]:
    (payload,) = (await ask(server, ada, query, code=typed)).values()
    found: list[dict[str, Any]] = payload["userErrors"]
    return found


async def test_enrolling_gives_what_an_app_needs_and_asks_for_a_code(server: Served) -> None:
    ada = await person(server)
    made = (await ask(server, ada, ENROL))["enrolSecondFactor"]
    parsed = pyotp.parse_uri(made["uri"])
    assert (parsed.secret, parsed.name, parsed.issuer) == (made["secret"], "ada", "Brokergraph")
    assert made["qr"].startswith("data:image/svg+xml")
    assert (await ask(server, ada, STATE))["viewer"]["secondFactor"]["confirmedAt"] is None
    wrong = [{"code": "SECOND_FACTOR_REQUIRED", "field": "code"}]
    assert await errors(server, ada, CONFIRM, "000000") == wrong
    confirmed = await ask(server, ada, CONFIRM, code=code(server, made["secret"]))
    assert len(confirmed["confirmSecondFactor"]["recoveryCodes"]) == 10
    shown = (await ask(server, ada, STATE))["viewer"]["secondFactor"]
    assert (shown["confirmedAt"], shown["recoveryCodes"]) == ("2026-06-01T15:00:00Z", 10)
    again = (await ask(server, ada, ENROL))["enrolSecondFactor"]
    assert (again["secret"], again["userErrors"]) == (None, [{"code": "CONFLICT"}])


async def test_a_code_is_asked_for_before_it_is_changed_or_given_up(server: Served) -> None:
    ada = await person(server)
    secret, codes = await enrolled(server, ada)
    for query in (PROVE, REPLACE, DISABLE):
        assert [e["code"] for e in await errors(server, ada, query, "000000")] == [
            "SECOND_FACTOR_REQUIRED"
        ]
    assert await errors(server, ada, PROVE, "x" * 65) == [{"code": "BAD_INPUT", "field": "code"}]
    replaced = await ask(server, ada, REPLACE, code=code(server, secret))
    anew = replaced["replaceRecoveryCodes"]["recoveryCodes"]
    assert [e["code"] for e in await errors(server, ada, PROVE, codes[0])] == [
        "SECOND_FACTOR_REQUIRED"
    ]
    disabled = await ask(server, ada, DISABLE, code=anew[0])
    assert disabled["disableSecondFactor"]["disabled"] is True
    assert (await ask(server, ada, STATE))["viewer"]["secondFactor"] is None


async def test_many_guesses_in_one_document_are_slowed_down(server: Served) -> None:
    ada = await person(server)
    await enrolled(server, ada)
    guess = 'g%d: proveSecondFactor(input: {code: "%06d"}) { userErrors { code } }'
    guesses = " ".join(guess % (n, n) for n in range(10))
    query = f"mutation {{ {guesses} }}"
    told = [p["userErrors"][0]["code"] for p in (await ask(server, ada, query)).values()]
    assert told == ["SECOND_FACTOR_REQUIRED"] * 5 + ["TOO_MANY_REQUESTS"] * 5


async def test_a_browser_left_open_is_given_none(server: Served) -> None:
    ada = await person(server)
    await pass_by(server, 601)
    made = (await ask(server, ada, ENROL))["enrolSecondFactor"]
    assert (made["secret"], made["userErrors"]) == (None, [{"code": "FORBIDDEN"}])


async def test_it_is_for_people_and_a_token_learns_nothing_of_it(server: Served) -> None:
    token = await viewer(server, signed_in_at=None)
    for query in (ENROL, "{ viewer { secondFactor { recoveryCodes } } }"):
        assert await refused(server, token, query) == "FORBIDDEN"


def live(server: Served) -> Connect:
    """What links brokers, on a server that may trade real money."""
    connect = server.house.services.connect
    connect._live_trading = True
    return connect


async def test_real_money_takes_a_second_factor_proven_just_now(server: Served) -> None:
    ada = await person(server)
    secret, _ = await enrolled(server, ada)
    connect = live(server)
    now = server.house.services.clock.now

    async def begun(**proof: Any) -> ErrorCode | None:
        try:
            await connect.begin(
                ada.user_id,
                broker="alpaca",
                environment=Environment.LIVE,
                label="",
                permission=Permission.TRADE,
                persist=True,
                **proof,
            )
        except Problem as problem:
            return problem.code
        return None

    assert await begun(signed_in_at=None) is ErrorCode.FORBIDDEN
    assert await begun(signed_in_at=now()) is ErrorCode.SECOND_FACTOR_REQUIRED
    old = now() - timedelta(minutes=11)
    assert await begun(signed_in_at=now(), proven_at=old) is ErrorCode.SECOND_FACTOR_REQUIRED
    assert await begun(signed_in_at=old, proven_at=now()) is ErrorCode.FORBIDDEN
    assert await begun(signed_in_at=now(), proven_at=now()) is None
    proven = await ask(server, ada, PROVE, code=code(server, secret))
    assert proven["proveSecondFactor"]["provenAt"] == "2026-06-01T15:01:00Z"
