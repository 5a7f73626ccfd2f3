"""What the pages of the front door send and are told: texts in JSON, problems with their codes."""

from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import ErrorCode, Problem

LONGEST = 1024

_STATUS = {
    ErrorCode.BAD_INPUT: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.SECOND_FACTOR_REQUIRED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.TOO_MANY_REQUESTS: 429,
    ErrorCode.UNAVAILABLE: 503,
}

Act = Callable[[Request], Awaitable[Response]]


def answering(act: Act, origins: frozenset[str]) -> Act:
    """The same act for pages of ours alone, answering a problem as JSON with its code."""

    async def answered(request: Request) -> Response:
        try:
            _check_origin(request, origins)
            return await act(request)
        except Problem as problem:
            return refusal(problem)

    return answered


async def texts(request: Request, *names: str, also: str | None = None) -> list[str]:
    """These texts of a JSON object; Problem if it is anything else.

    The text called `also` may be missing, and is "" then.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(ErrorCode.BAD_INPUT, "Send JSON, with Content-Type: application/json.")
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        body = None
    found = [body.get(name) for name in names] if isinstance(body, dict) else []
    given = [text for text in found if isinstance(text, str) and 0 < len(text) <= LONGEST]
    if len(given) != len(names):
        raise Problem(ErrorCode.BAD_INPUT, f"Send an object with the texts {', '.join(names)}.")
    if also is not None:
        text = body.get(also, "")
        given.append(text if isinstance(text, str) and len(text) <= LONGEST else "")
    return given


def refusal(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as JSON."""
    body = {"code": problem.code, "message": problem.message}
    status = _STATUS.get(problem.code, 400)
    return JSONResponse(body, status_code=status, headers=headers)


def _check_origin(request: Request, origins: frozenset[str]) -> None:
    """A page of somebody else's must not sign a browser in or out."""
    origin = request.headers.get("origin")
    if origin is not None and origin not in origins:
        raise Problem(
            ErrorCode.FORBIDDEN,
            "This page may not sign in here: BROKERGRAPH_PUBLIC_URL or "
            "BROKERGRAPH_ALLOWED_ORIGINS must name its origin.",
        )
