"""The second factor at the front door, links to choose a password, and the commands for both."""

import time
from pathlib import Path

import aiohttp
import pyotp

from app.clock import RealClock
from app.settings import Settings
from app.stores import opened
from tests.app.process import ran, serving, with_key, with_user
from tests.app.test_sign_in import PASSWORD, _client, _viewer

Answer = tuple[int, str]


async def enrolled(folder: Path, name: str) -> tuple[str, tuple[str, ...]]:
    """The secret and the recovery codes of a user, whose app was confirmed by the code of now."""
    settings = Settings(data_folder=folder / "data" / "main", key_file=with_key(folder))
    async with opened(settings, RealClock()) as stores:
        user = await stores.users.by_name(name)
        assert user is not None
        secret = await stores.second_factors.enrol(user.id)
        now = pyotp.TOTP(secret).at(int(time.time()))
        return secret, await stores.second_factors.confirm(user.id, now)


async def post(http: aiohttp.ClientSession, path: str, **body: str) -> Answer:
    """The status, and the code of a refusal."""
    async with http.post(path, json=body) as answer:
        return answer.status, (await answer.json()).get("code", "")


async def test_a_password_alone_is_not_enough_where_there_is_a_second_factor(
    tmp_path: Path,
) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    secret, codes = await enrolled(tmp_path, "ann")
    given = {"name": "ann", "password": PASSWORD}
    async with serving(tmp_path) as (url, child), _client(url) as http:
        assert await post(http, "/sign-in", **given) == (401, "SECOND_FACTOR_REQUIRED")
        wrong = {**given, "code": "000000"}
        assert await post(http, "/sign-in", **wrong) == (401, "SECOND_FACTOR_REQUIRED")
        # Who does not know the password does not learn that there is a second factor.
        guessed = {**given, "password": "wrong"}
        assert await post(http, "/sign-in", **guessed) == (401, "UNAUTHENTICATED")
        assert await _viewer(http) == 401
        typed = pyotp.TOTP(secret).at(int(time.time()) + 30)
        assert (await post(http, "/sign-in", **given, code=typed))[0] == 200
        assert await _viewer(http) == 200
        assert await post(http, "/sign-in", **given, code=typed) == (401, "SECOND_FACTOR_REQUIRED")
        assert (await post(http, "/sign-in", **given, code=codes[0]))[0] == 200
        await child.stop()
        said = "".join([*child.out, *child.err])
        assert not [secret for secret in (secret, typed, *codes) if f'"{secret}"' in said]


async def test_a_link_is_not_enough_either_and_is_not_used_up_by_a_wrong_code(
    tmp_path: Path,
) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    _, codes = await enrolled(tmp_path, "ann")
    async with serving(tmp_path) as (url, _), _client(url) as http:
        secret = (await ran(tmp_path, "user", "link", "ann")).out[0].partition("#")[2]
        needed = (401, "SECOND_FACTOR_REQUIRED")
        assert await post(http, "/link", secret=secret) == needed
        assert await post(http, "/link", secret=secret, code="000000") == needed
        assert (await post(http, "/link", secret=secret, code=codes[0]))[0] == 200
        assert await post(http, "/link", secret=secret, code=codes[1]) == (401, "UNAUTHENTICATED")


async def test_a_reset_link_chooses_a_password_once_and_ends_other_sign_ins(
    tmp_path: Path,
) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    async with serving(tmp_path) as (url, _), _client(url) as http, _client(url) as elsewhere:
        assert (await post(elsewhere, "/sign-in", name="ann", password=PASSWORD))[0] == 200
        shown = (await ran(tmp_path, "user", "reset", "ann")).out[0]
        page, _, secret = shown.partition("#")
        assert page.endswith("/password")
        async with http.get("/password") as answer:
            assert answer.status == 200
        assert await post(http, "/link", secret=secret) == (401, "UNAUTHENTICATED")
        short = await post(http, "/password", secret=secret, password="short")
        assert short == (400, "BAD_INPUT")
        chosen = "another long password"
        assert (await post(http, "/password", secret=secret, password=chosen))[0] == 200
        assert await _viewer(http) == 200
        assert await _viewer(elsewhere) == 401
        again = await post(http, "/password", secret=secret, password=chosen)
        assert again == (401, "UNAUTHENTICATED")
        given = {"name": "ann", "password": PASSWORD}
        assert await post(elsewhere, "/sign-in", **given) == (401, "UNAUTHENTICATED")
        assert (await post(elsewhere, "/sign-in", name="ann", password=chosen))[0] == 200


async def test_whoever_lost_app_and_codes_is_let_in_by_the_command_line(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    await enrolled(tmp_path, "ann")
    async with serving(tmp_path) as (url, _), _client(url) as http:
        told = await ran(tmp_path, "user", "second-factor-off", "ann")
        assert "no second factor any more" in told.out[0]
        assert (await post(http, "/sign-in", name="ann", password=PASSWORD))[0] == 200
        verified = await ran(tmp_path, "audit", "verify")
        assert "ann\twhole" in verified.out


async def test_a_user_is_kept_out_let_in_and_erased_by_the_command_line(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    async with serving(tmp_path) as (url, _), _client(url) as http:
        given = {"name": "ann", "password": PASSWORD}
        await ran(tmp_path, "user", "disable", "ann")
        assert (await post(http, "/sign-in", **given))[0] == 401
        await ran(tmp_path, "user", "enable", "ann")
        assert (await post(http, "/sign-in", **given))[0] == 200
        refused = await ran(tmp_path, "user", "delete", "ann", typed="n\n")
        assert refused.process.returncode == 1
        assert await _viewer(http) == 200
        assert (await ran(tmp_path, "user", "delete", "ann", "--yes")).process.returncode == 0
        assert await _viewer(http) == 401
        assert (await ran(tmp_path, "user", "list")).out == [""]


async def test_a_token_may_be_limited_and_unlimited_by_the_command_line(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann")
    refused = await ran(tmp_path, "token", "issue", "ann", "--account", "nothing of mine")
    assert refused.process.returncode == 1
    assert "name accounts of yours" in refused.err[0]
    issued = await ran(tmp_path, "token", "issue", "ann", "--unlimited-rate")
    query = {"query": "{ viewer { unlimitedRate accountIds } }"}
    headers = {"Authorization": f"Bearer {issued.out[0]}"}
    async with (
        serving(tmp_path) as (url, _),
        _client(url) as http,
        http.post("/graphql", json=query, headers=headers) as answer,
    ):
        told = (await answer.json())["data"]["viewer"]
        assert told == {"unlimitedRate": True, "accountIds": None}
