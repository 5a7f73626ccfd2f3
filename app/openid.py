"""An OpenID Connect provider: found by its issuer, asked with PKCE, believed by its keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote_plus

import aiohttp
import orjson
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from domain.access import Identity
from domain.clock import Clock
from domain.errors import ErrorCode, Problem

SCOPE = "openid profile email"
LEEWAY_SECONDS = 120
_METADATA_LASTS = 3600.0
_PATIENCE = aiohttp.ClientTimeout(total=10)
_LONGEST_ANSWER = 256 * 1024
# Signatures that only the provider can make; never one by a secret that we share, or none.
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384", "EdDSA"})
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What a browser was sent away with, and has to come back to."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom the provider vouches for; the name is no more than a proposal."""

    identity: Identity
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the provider says of itself, and its keys, as of then (monotonic)."""

    metadata: Mapping[str, Any]
    keys: KeySet
    at: float


class OpenId:
    """One provider; whatever it does wrong is a Problem without its words."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str | None, back: str, clock: Clock
    ) -> None:
        self.issuer, self._client_id, self._secret = issuer, client_id, client_secret
        self._back, self._clock = back, clock
        self._known: _Known | None = None

    async def begin(self) -> tuple[str, Flow]:
        """Where to send the browser, and what to remember of it."""
        known = await self._provider()
        flow = Flow(state=generate_token(32), nonce=generate_token(32), verifier=generate_token(64))
        url = prepare_grant_uri(
            known.metadata["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=self._back,
            scope=SCOPE,
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        return str(url), flow

    async def finish(self, flow: Flow, returned: Mapping[str, str]) -> Vouched:
        """Who came back; Problem unless everything is exactly as it was asked for."""
        if returned.get("state") != flow.state or returned.get("iss", self.issuer) != self.issuer:
            raise _no("the answer is not to what was asked here: begin again")
        if "error" in returned or "code" not in returned:
            raise _no("the provider did not let you in, or you declined")
        known = await self._provider()
        tokens = await self._redeem(known, returned["code"], flow)
        try:
            claims = await self._claims(known, tokens, flow)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _no("the provider's word could not be believed") from error
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        identity = Identity(issuer=self.issuer, subject=str(claims["sub"]))
        return Vouched(identity=identity, name=str(name))

    async def _redeem(self, known: _Known, code: str, flow: Flow) -> Mapping[str, Any]:
        given = {"code": code, "code_verifier": flow.verifier, "client_id": self._client_id}
        headers, ways = {}, known.metadata.get("token_endpoint_auth_methods_supported")
        if self._secret is not None:
            if ways and "client_secret_basic" not in ways:
                given["client_secret"] = self._secret
            else:
                # RFC 6749, 2.3.1: each is escaped as in a form before it is put together.
                names = quote_plus(self._client_id), quote_plus(self._secret)
                headers["Authorization"] = aiohttp.encode_basic_auth(*names)
        body = prepare_token_request("authorization_code", redirect_uri=self._back, **given)
        return await _asked("POST", known.metadata["token_endpoint"], body=body, headers=headers)

    async def _claims(
        self, known: _Known, tokens: Mapping[str, Any], flow: Flow
    ) -> Mapping[str, Any]:
        supported = known.metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(
            algorithms=sorted(_ALGORITHMS & set(supported)), strict_check_header=False
        )
        try:
            token = jwt.decode(tokens["id_token"], known.keys, registry=registry)
        except InvalidKeyIdError:
            # Its keys were changed since they were read.
            anew = await self._provider(anew=True)
            token = jwt.decode(tokens["id_token"], anew.keys, registry=registry)
        parameters = {
            "nonce": flow.nonce,
            "client_id": self._client_id,
            "access_token": tokens.get("access_token"),
        }
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        claims = CodeIDToken(token.claims, token.header, options, parameters)
        claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_SECONDS)
        return cast("Mapping[str, Any]", claims)

    async def _provider(self, *, anew: bool = False) -> _Known:
        known, now = self._known, self._clock.monotonic()
        if known is None or anew or now - known.at > _METADATA_LASTS:
            metadata = await _asked("GET", get_well_known_url(self.issuer, external=True))
            if metadata.get("issuer") != self.issuer or not all(map(metadata.get, _NEEDED)):
                raise _away("it calls itself otherwise than BROKERGRAPH_OIDC_ISSUER")
            keys = KeySet.import_key_set(cast("Any", await _asked("GET", metadata["jwks_uri"])))
            known = self._known = _Known(metadata=metadata, keys=keys, at=now)
        return known


async def _asked(
    method: str, url: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """The JSON object that it answers; Problem if it does not."""
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    sent = {"Accept": "application/json", **form, **(headers or {})}
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as http,
            http.request(method, url, data=body, headers=sent, allow_redirects=False) as answer,
        ):
            answer.raise_for_status()
            told = orjson.loads(await _whole(answer))
    except (aiohttp.ClientError, TimeoutError, OSError, orjson.JSONDecodeError) as error:
        raise _away("it does not answer as it should") from error
    if not isinstance(told, dict):
        raise _away("it does not answer as it should")
    return told


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body, however many pieces it comes in; Problem if it is too long."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _LONGEST_ANSWER:
            raise _away("it answers at too great a length")
    return bytes(body)


def _no(why: str) -> Problem:
    return Problem(ErrorCode.UNAUTHENTICATED, f"Signing in did not work: {why}.")


def _away(why: str) -> Problem:
    message = f"The sign-in provider cannot be used now: {why}. Try again, or sign in otherwise."
    return Problem(ErrorCode.UNAVAILABLE, message)
