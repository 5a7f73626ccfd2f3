"""Signing in by a provider, against a real one on loopback that can be made to lie."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from joserfc.jwk import RSAKey

from tests.app.process import Child, ran, serving, with_user
from tests.app.provider import CLIENT, SECRET, Provider, provided

PASSWORD = "planted-password-of-ann"


def client(url: str) -> aiohttp.ClientSession:
    """A browser that goes wherever it is sent."""
    return aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True))


@asynccontextmanager
async def scene(
    folder: Path, **more: str
) -> AsyncIterator[tuple[Provider, aiohttp.ClientSession, Child]]:
    """A provider, a server that knows it, and a browser."""
    await with_user(folder, "ann", PASSWORD)
    async with provided() as provider:
        settings = {
            "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": SECRET,
            **more,
        }
        async with serving(folder, **settings) as (url, child), client(url) as http:
            yield provider, http, child


async def begun(http: aiohttp.ClientSession, path: str = "/sign-in/provider") -> str:
    """Where the browser is sent."""
    async with http.post(path, json={}) as answer:
        assert answer.status == 200, await answer.text()
        url: str = (await answer.json())["url"]
        return url


async def followed(http: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, str]:
    """The status and the page where it ends up; the server's own pages are not followed."""
    async with http.get(url, allow_redirects=False) as away:
        back = away.headers["Location"]
    return await returned(http, back, **headers)


async def returned(http: aiohttp.ClientSession, back: str, **headers: str) -> tuple[int, str]:
    """The same once the provider has sent it back."""
    path = back.partition("/sign-in/")[2]
    async with http.get(f"/sign-in/{path}", allow_redirects=False, headers=headers) as answer:
        return answer.status, await answer.text()


async def link(http: aiohttp.ClientSession) -> None:
    """Sign in by the password and link the provider."""
    async with http.post("/sign-in", json={"name": "ann", "password": PASSWORD}) as answer:
        assert answer.status == 200
    assert await followed(http, await begun(http, "/sign-in/provider/link")) == (303, "")
    async with http.post("/sign-out", json={}):
        pass


async def who(http: aiohttp.ClientSession) -> str | None:
    """The name of whoever is signed in."""
    query = {"query": "{ viewer { name } }"}
    async with http.post("/graphql", json=query) as answer:
        if answer.status == 401:
            return None
        name: str = (await answer.json())["data"]["viewer"]["name"]
        return name


async def test_whoever_linked_it_in_person_signs_in_by_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as (provider, http, child):
        status, page = await followed(http, await begun(http))
        assert status == 403
        assert "sign in otherwise, then link it" in page
        await link(http)
        assert await who(http) is None
        provider.name = "somebody else's name is no matter"
        assert (await followed(http, await begun(http)))[0] == 303
        assert await who(http) == "ann"
        assert {"S256"} == {asked["code_challenge_method"] for asked in provider.asked}
        assert len({asked["nonce"] for asked in provider.asked}) == len(provider.asked)
        assert SECRET not in "".join(child.err)


async def test_a_stranger_becomes_a_user_only_where_that_is_set_and_takes_no_name(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, OIDC_CREATE_USERS="true") as (provider, http, _):
        status, page = await followed(http, await begun(http))
        assert (status, "there is a user ann already" in page) == (403, True)
        provider.name = "new@example"
        assert (await followed(http, await begun(http)))[0] == 303
        assert await who(http) == "new@example"


WRONG: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "of another"},
    "audience": {"aud": "another"},
    "issuer": {"iss": "https://another.example"},
    "too old": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
    "for another party": {"aud": [CLIENT, "another"], "azp": "another"},
    "nobody": {"sub": None},
}


async def test_a_provider_that_lies_lets_nobody_in(tmp_path: Path) -> None:
    async with scene(tmp_path, TRUSTED_PROXIES='["127.0.0.1"]') as (provider, http, _):
        await link(http)
        for number, (name, claims) in enumerate(WRONG.items()):
            provider.claims = claims
            through = {"X-Forwarded-For": f"192.0.2.{number}"}
            status, page = await followed(http, await begun(http), **through)
            assert (name, status) == (name, 403)
            assert "could not be believed" in page
            assert await who(http) is None
        provider.claims = {}
        provider.algorithm = "none"
        assert (await followed(http, await begun(http)))[0] == 403
        provider.algorithm = "RS256"
        assert (await followed(http, await begun(http)))[0] == 303


async def test_trying_again_and_again_is_slowed_down(tmp_path: Path) -> None:
    async with scene(tmp_path) as (_, http, __):
        for _ in range(5):
            await returned(http, "/sign-in/provider/return?code=x&state=x")
        status, page = await returned(http, "/sign-in/provider/return?code=x&state=x")
        assert (status, "Too many attempts" in page) == (403, True)


async def test_its_keys_may_change_and_anothers_are_not_taken(tmp_path: Path) -> None:
    async with scene(tmp_path) as (provider, http, _):
        await link(http)
        provider.key = RSAKey.generate_key(2048, {"kid": "two"})
        assert (await followed(http, await begun(http)))[0] == 303
        provider.key = RSAKey.generate_key(2048, {"kid": "two"})
        assert (await followed(http, await begun(http)))[0] == 403


async def test_a_return_counts_once_in_the_browser_that_was_sent(tmp_path: Path) -> None:
    async with scene(tmp_path) as (_, http, __):
        await link(http)
        async with http.get(await begun(http), allow_redirects=False) as away:
            back = away.headers["Location"]
        async with client(str(http._base_url)) as other:
            status, page = await returned(other, back)
            assert (status, "was not sent" in page) == (403, True)
        status, _page = await returned(http, back.replace("state=", "state=x"))
        assert status == 403
        status, _page = await returned(http, back)
        assert status == 403


async def test_declining_is_told_on_a_page(tmp_path: Path) -> None:
    async with scene(tmp_path) as (_, http, __):
        url = await begun(http)
        state = url.partition("&state=")[2].partition("&")[0]
        path = f"/sign-in/provider/return?error=access_denied&state={state}&error_description=<b>"
        status, page = await returned(http, path)
        assert (status, "you declined" in page, "<b>" in page) == (403, True, False)


async def test_linking_takes_a_person_who_is_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as (_, http, __):
        async with http.post("/sign-in/provider/link", json={}) as answer:
            assert answer.status == 403
        foreign = {"Origin": "https://evil.example"}
        async with http.post("/sign-in/provider", json={}, headers=foreign) as answer:
            assert answer.status == 403


@pytest.mark.parametrize("issuer", ["itself otherwise", "away"])
async def test_a_provider_that_is_not_as_it_was_set_is_told(tmp_path: Path, issuer: str) -> None:
    async with scene(tmp_path) as (provider, http, _):
        provider.issuer = "https://another.example"
        async with http.post("/sign-in/provider", json={}) as answer:
            assert answer.status == 503
            assert "OIDC_ISSUER" in (await answer.json())["message"], issuer


async def test_who_is_kept_out_stays_out(tmp_path: Path) -> None:
    async with scene(tmp_path) as (_, http, __):
        await link(http)
        await ran(tmp_path, "user", "disable", "ann")
        status, page = await followed(http, await begun(http))
        assert (status, "kept out" in page) == (403, True)
