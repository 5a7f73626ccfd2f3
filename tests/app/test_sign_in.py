"""A person in a browser signs in and out, and nobody else does."""

from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.app.process import ran, serving, with_user

PASSWORD = "planted-password-of-ann"


def _client(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True))


async def _viewer(http: aiohttp.ClientSession) -> int:
    """The status of a query: 200 for whoever is signed in."""
    headers = {"Origin": str(http._base_url).rstrip("/")}
    async with http.post("/graphql", json={"query": "{ __typename }"}, headers=headers) as answer:
        return answer.status


async def test_a_right_password_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    tmp_path: Path,
) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    async with serving(tmp_path) as (url, _), _client(url) as http:
        assert await _viewer(http) == 401
        body = {"name": "ann", "password": PASSWORD}
        async with http.post("/sign-in", json=body) as answer:
            assert answer.status == 200
            (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
        assert cookie["httponly"]
        assert cookie["samesite"] == "lax"
        assert cookie["path"] == "/"
        assert not cookie["secure"]
        assert await _viewer(http) == 200
        async with http.post("/sign-out", json={}) as answer:
            assert answer.status == 200
        http.cookie_jar.update_cookies({cookie.key: cookie.value}, response_url=URL(url))
        assert await _viewer(http) == 401


async def test_behind_https_the_cookie_is_secure(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    async with (
        serving(tmp_path, PUBLIC_URL="https://brokers.example") as (url, _),
        _client(url) as http,
        http.post("/sign-in", json={"name": "ann", "password": PASSWORD}) as answer,
    ):
        (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
        assert cookie["secure"]
        assert cookie.key.startswith("__Host-")


async def test_a_wrong_password_and_an_unknown_name_look_the_same_and_are_slowed_down(
    tmp_path: Path,
) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    async with serving(tmp_path) as (url, _), _client(url) as http:
        answers = []
        for name in ("ann", "nobody"):
            async with http.post("/sign-in", json={"name": name, "password": "wrong"}) as answer:
                answers.append((answer.status, await answer.json()))
        assert answers[0] == answers[1]
        assert answers[0][0] == 401
        for _ in range(4):
            async with http.post("/sign-in", json={"name": "ann", "password": "wrong"}):
                pass
        async with http.post("/sign-in", json={"name": "ann", "password": PASSWORD}) as answer:
            assert answer.status == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 30
            assert (await answer.json())["code"] == "TOO_MANY_REQUESTS"


@pytest.mark.parametrize(("proxies", "seen_apart"), [("[]", False), ('["127.0.0.1"]', True)])
async def test_only_a_trusted_proxy_is_believed_about_who_comes_through_it(
    tmp_path: Path,
    proxies: str,
    seen_apart: bool,  # noqa: FBT001
) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    wrong = {"name": "ann", "password": "wrong"}
    async with serving(tmp_path, TRUSTED_PROXIES=proxies) as (url, _), _client(url) as http:
        for _ in range(5):
            async with http.post("/sign-in", json=wrong, headers=_through("192.0.2.1")):
                pass
        other = _through("192.0.2.2")
        async with http.post("/sign-in", json=wrong, headers=other) as answer:
            assert answer.status == (401 if seen_apart else 429)


def _through(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def test_a_link_signs_in_once(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann")
    async with serving(tmp_path) as (url, child), _client(url) as http:
        shown = (await ran(tmp_path, "user", "link", "ann")).out[0]
        page, _, secret = shown.partition("#")
        async with http.get(f"/{page.rpartition('/')[2]}") as answer:
            assert answer.status == 200
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        async with http.post("/link", json={"secret": secret}) as answer:
            assert answer.status == 200
        assert await _viewer(http) == 200
        async with http.post("/link", json={"secret": secret}) as answer:
            assert answer.status == 401
        assert secret not in "".join(child.err)


async def test_a_page_of_somebody_else_cannot_sign_in_here(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    async with serving(tmp_path) as (url, _), _client(url) as http:
        body = {"name": "ann", "password": PASSWORD}
        foreign = {"Origin": "https://evil.example"}
        async with http.post("/sign-in", json=body, headers=foreign) as answer:
            assert answer.status == 403
        async with http.post("/sign-in", data=body) as answer:
            assert answer.status == 400
        form = {"Content-Type": "text/plain"}
        async with http.post("/sign-in", data='{"name": "ann"}', headers=form) as answer:
            assert answer.status == 400


async def test_nonsense_is_refused_with_a_way_out(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    json = {"Content-Type": "application/json"}
    async with serving(tmp_path) as (url, child), _client(url) as http:
        for body in ("", "[]", "{", '{"name": 1, "password": []}', '{"name": "ann"}', "null"):
            async with http.post("/sign-in", data=body, headers=json) as answer:
                assert answer.status == 400
                assert "name, password" in (await answer.json())["message"]
        assert not [line for line in child.err if "Traceback" in line]


async def test_no_secret_is_in_any_log_line_or_file(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann", PASSWORD)
    secrets = [PASSWORD, (tmp_path / "data" / "main.key").read_text().strip()]
    async with serving(tmp_path, LOG_LEVEL="debug") as (url, child), _client(url) as http:
        token = (await ran(tmp_path, "token", "issue", "ann")).out[0]
        async with http.post("/sign-in", json={"name": "ann", "password": PASSWORD}) as answer:
            (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
        bearer = {"Authorization": f"Bearer {token}"}
        async with http.post(
            f"/graphql?token={token}", json={"query": "{ __typename }"}, headers=bearer
        ) as answer:
            assert answer.status == 200
        secrets += [token, cookie.value]
        await child.stop()
        text = "\n".join([*child.out, *child.err])
    assert '"path": "/graphql"' in text
    for secret in secrets:
        assert secret not in text
        for file in (tmp_path / "data" / "main").rglob("*"):
            assert secret.encode() not in file.read_bytes()
