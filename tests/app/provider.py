"""An OpenID Connect provider on loopback, as a real server: what it says can be made wrong."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "brokergraph", "planted-provider-secret"


@dataclass(slots=True, kw_only=True)
class Provider:
    """Lets everybody in as `subject`; `claims` take the place of what it would say."""

    url: str = ""
    subject: str = "subject-of-ann"
    name: str = "ann"
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    issuer: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """Where each is reached."""
        return [
            web.get("/.well-known/openid-configuration", self._metadata),
            web.get("/keys", self._keys),
            web.get("/authorize", self._authorize),
            web.post("/token", self._token),
        ]

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = f"{asked['redirect_uri']}?code={code}&state={asked['state']}"
        raise web.HTTPFound(back)

    async def _token(self, request: web.Request) -> web.Response:
        given = dict(await request.post())
        asked = self.codes.pop(str(given.get("code")), None)
        verifier = str(given.get("code_verifier"))
        challenge = hashlib.sha256(verifier.encode()).digest()
        proven = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if asked is None or proven != asked["code_challenge"] or not _is_client(request):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "a", "id_token": self._id_token(asked)})

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            "preferred_username": self.name,
        } | self.claims
        if self.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            packed = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
            return b".".join([*packed, b""]).decode()
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def _is_client(request: web.Request) -> bool:
    given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    return request.headers.get("Authorization") == f"Basic {given}"


@asynccontextmanager
async def provided() -> AsyncIterator[Provider]:
    """A provider at an address of its own."""
    provider = Provider()
    app = web.Application()
    app.add_routes(provider.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    provider.url = f"http://{host}:{port}"
    try:
        yield provider
    finally:
        await runner.cleanup()
