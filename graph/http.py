"""GraphQL over HTTP, after the draft specification of 2025-08: JSON only, GET without effect."""

import logging
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response

from domain.errors import ErrorCode
from domain.money import ZERO, decimal_of
from graph.context import Authenticate, Viewer
from graph.execute import Engine, Payload, Refusal
from graph.origin import trust_cookie
from graph.request import Request, request_of

logger = logging.getLogger(__name__)

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"
LONGEST_BODY = 256 * 1024

EXPLORER = Path(__file__).parent / "explorer"

# What is refused before execution; with plain JSON, a well-formed request is 200 all the same.
_STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.TOO_MANY_REQUESTS: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.INTERNAL: 500,
}
_ALWAYS = frozenset({401, 429, 503, 500})


class Malformed(Exception):
    """Not a GraphQL request at all."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class HttpView:
    """Answers POST and GET at one path."""

    def __init__(
        self,
        engine: Engine,
        *,
        authenticate: Authenticate,
        origins: frozenset[str],
        explorer: bool,
    ) -> None:
        self._engine, self._authenticate = engine, authenticate
        self._origins, self._explorer = origins, explorer

    async def respond(self, request: HttpRequest) -> Response:
        """The answer, whatever comes."""
        accepted = media_type(request.headers.get("accept"))
        if request.method == "GET" and self._explorer and accepted == HTML:
            return FileResponse(EXPLORER / "explorer.html", headers=_PAGE)
        media = GRAPHQL if accepted == GRAPHQL else JSON
        try:
            return await self._answer(request, accepted)
        except Malformed as bad:
            refused = _refused(ErrorCode.BAD_INPUT, bad.message)
            return _json(bad.status, media, {"errors": refused.errors}, **bad.headers)
        except Refusal as refused:
            return _refusal(refused, media)

    async def _answer(self, request: HttpRequest, media: str | None) -> Response:
        if media not in {JSON, GRAPHQL}:
            raise Malformed(406, f"acceptable here are {GRAPHQL} and {JSON}")
        viewer = await self._who(request)
        asked = await _asked(request)
        correlation_id = getattr(request.state, "request_id", None)
        operation = self._engine.prepare(asked, viewer, correlation_id)
        if operation.type is OperationType.SUBSCRIPTION:
            raise Malformed(400, "subscriptions are carried over graphql-transport-ws")
        if operation.type is OperationType.MUTATION and request.method == "GET":
            raise Malformed(405, "mutations are sent by POST", Allow="POST")
        return _written(200, media, await self._engine.run(operation))

    async def _who(self, request: HttpRequest) -> Viewer:
        """Before anything of the body is read."""
        try:
            viewer = await self._authenticate(
                request, {}, trust_cookie=trust_cookie(request, self._origins)
            )
        except Exception:
            logger.exception("It cannot be told who asks")
            raise _refused(ErrorCode.UNAVAILABLE, "try again later") from None
        if viewer is None:
            message = "sign in, or send a token as Authorization: Bearer"
            raise _refused(ErrorCode.UNAUTHENTICATED, message)
        return viewer


async def _asked(request: HttpRequest) -> Request:
    if request.method == "GET":
        return _request(_parameters(request))
    if not _is_json(request.headers.get("content-type", "")):
        raise Malformed(415, f"a request is {JSON} in UTF-8")
    try:
        payload = orjson.loads(await _body(request))
    except orjson.JSONDecodeError:
        raise Malformed(400, "the body is not JSON") from None
    return _request(payload)


def _request(payload: object) -> Request:
    try:
        return request_of(payload)
    except ValueError as error:
        raise Malformed(400, str(error)) from None


def _parameters(request: HttpRequest) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            try:
                given[name] = orjson.loads(given[name])
            except orjson.JSONDecodeError:
                raise Malformed(400, f"{name} is JSON") from None
        else:
            given.pop(name, None)
    if not given.get("operationName"):
        given.pop("operationName", None)
    return given


async def _body(request: HttpRequest) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Malformed(413, f"a request has at most {LONGEST_BODY} bytes")
    return bytes(body)


def _is_json(content_type: str) -> bool:
    media, _, rest = content_type.partition(";")
    charset = re.search(r'charset="?([\w-]+)', rest.lower())
    return media.strip().lower() == JSON and (charset is None or charset[1] == "utf-8")


def media_type(accept: str | None) -> str | None:
    """What to answer with: JSON where anything is taken, None if nothing that we have is."""
    if not accept:
        return JSON
    wanted: dict[str, Decimal] = {}
    for part in accept.split(","):
        media, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        wanted[media] = decimal_of(quality) or ZERO
    wanted.setdefault(JSON, max(wanted.get("application/*", ZERO), wanted.get("*/*", ZERO)))
    best = max((GRAPHQL, JSON, HTML), key=lambda media: wanted.get(media, ZERO))
    return best if wanted.get(best, ZERO) > 0 else None


def _refused(code: ErrorCode, message: str) -> Refusal:
    return Refusal(code, [{"message": message, "extensions": {"code": code.value}}])


def _refusal(refused: Refusal, media: str) -> Response:
    status = _STATUS.get(refused.code, 400)
    if media == JSON and status not in _ALWAYS:
        status = 200
    headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    return _json(status, media, {"errors": refused.errors}, **headers)


def _json(status: int, media: str, payload: Payload, **headers: str) -> Response:
    return _written(status, media, orjson.dumps(payload), **headers)


def _written(status: int, media: str, body: bytes, **headers: str) -> Response:
    # An answer is one person's; nothing on the way may keep it.
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization, Cookie"} | headers
    return Response(body, status, headers, media_type=f"{media}; charset=utf-8")


_PAGE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}
