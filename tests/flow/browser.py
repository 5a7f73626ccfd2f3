"""A person's browser: signed in here by a cookie, sent to a broker's page and back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from app.clock import RealClock
from app.stores import opened
from tests.flow.world import World

BEGIN = """
mutation Begin($input: BeginConnectInput!) {
  beginConnect(input: $input) {
    connection { id }
    signIn { kind name fields { name } verifier { name } callbackUrl authorizeUrl expiresAt }
    userErrors { code field message }
  }
}
"""
AGAIN = """
mutation Again($input: ReauthorizeInput!) {
  reauthorize(input: $input) {
    connection { id }
    signIn { authorizeUrl }
    userErrors { code field message }
  }
}
"""
ASKED = {"broker": "alpaca", "environment": "PAPER", "way": "oauth"}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a browser ends up with."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Browser:
    """GraphQL as a page of this server asks it, and links that a person follows."""

    url: str
    http: aiohttp.ClientSession

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        body, headers = {"query": query, "variables": variables}, {"Origin": self.url}
        async with self.http.post(f"{self.url}/graphql", json=body, headers=headers) as answer:
            payload: dict[str, Any] = await answer.json(content_type=None)
        assert "errors" not in payload, payload
        data: dict[str, Any] = payload["data"]
        return data

    async def begin(self, **given: Any) -> dict[str, Any]:
        """A sign-in by consent, under way."""
        asked = {**ASKED, **given}
        begun: dict[str, Any] = (await self.ask(BEGIN, input=asked))["beginConnect"]
        assert begun["userErrors"] == [], begun
        return begun

    async def go(self, address: str) -> Page:
        """Follow a link."""
        async with self.http.get(address) as answer:
            return Page(status=answer.status, text=unescape(await answer.text()))

    async def consent(self, address: str, decision: str = "approve") -> Page:
        """Decide on the broker's page and come back to ours."""
        return await self.go(await decided(self.http, address, decision))


async def decided(http: aiohttp.ClientSession, address: str, decision: str = "approve") -> str:
    """Where the broker's page sends a person who decides so."""
    async with http.get(address) as answer:
        fields = {unescape(k): unescape(v) for k, v in _HIDDEN.findall(await answer.text())}
    target = address.partition("?")[0]
    form = {**fields, "decision": decision}
    async with http.post(target, data=form, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]


def brought(address: str) -> dict[str, str]:
    """What an address brings along."""
    return dict(parse_qsl(urlsplit(address).query))


@asynccontextmanager
async def browsing(made: World, url: str, name: str = "ada") -> AsyncIterator[Browser]:
    """A browser in which that user has signed in, by a link that works once."""
    async with opened(made.configured(), RealClock()) as stores:
        user = await stores.users.by_name(name)
        assert user is not None
        secret = await stores.links.issue(
            user.id, expires_at=datetime.now(UTC) + timedelta(minutes=5)
        )
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        async with http.post(f"{url}/link", json={"secret": secret}) as answer:
            assert answer.status == 200, await answer.text()
        yield Browser(url, http)
