"""Signing in and out of this server in a browser: the page, the password, the one-time link."""

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.access import Access
from app.throttle import Attempts
from domain.audit import AuditEntry
from domain.clock import Clock
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.access import Links, SignIns
from store.audit import Audit
from store.users import Users

log = logging.getLogger(__name__)

PAGES = Path(__file__).parent / "pages"
LONGEST = 1024

_STATUS = {
    ErrorCode.BAD_INPUT: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.TOO_MANY_REQUESTS: 429,
}
PAGE_POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class Door:
    """Lets people in; what it answers never says whether it was the name or the password."""

    def __init__(
        self,
        *,
        users: Users,
        sign_ins: SignIns,
        links: Links,
        audit: Audit,
        clock: Clock,
        cookie: str,
        secure: bool,
        origins: frozenset[str],
        session_length: timedelta,
    ) -> None:
        self._users, self._sign_ins, self._links, self._clock = users, sign_ins, links, clock
        self._audit = audit
        self._cookie, self._secure, self._origins = cookie, secure, origins
        self._length, self._attempts = session_length, Attempts(clock)

    def routes(self) -> list[BaseRoute]:
        """Where each is reached."""
        return [
            Route("/sign-in", self._page, methods=["GET"]),
            Route("/link", self._page, methods=["GET"]),
            Route("/sign-in", self._answer(self._sign_in), methods=["POST"]),
            Route("/link", self._answer(self._link), methods=["POST"]),
            Route("/sign-out", self._answer(self._sign_out), methods=["POST"]),
            Mount("/pages", StaticFiles(directory=PAGES)),
        ]

    async def _page(self, _request: Request) -> Response:
        return FileResponse(PAGES / "sign-in.html", headers=PAGE_POLICY)

    def _answer(
        self, act: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The same action, answering a problem as JSON with its code and a way out."""

        async def answered(request: Request) -> Response:
            try:
                self._check_origin(request)
                return await act(request)
            except Problem as problem:
                return _refusal(problem)

        return answered

    async def _sign_in(self, request: Request) -> Response:
        name, password = await _texts(request, "name", "password")
        address = request.client.host if request.client else ""
        seconds = math.ceil(self._attempts.wait(name, address))
        if seconds:
            return _refusal(_slow_down(seconds), {"Retry-After": str(seconds)})
        # Counted before it is checked, so that many attempts at once are no way around.
        self._attempts.failed(name, address)
        user = await self._users.verify(name, password)
        if user is None:
            log.warning("sign-in refused", extra={"address": address})
            raise Problem(ErrorCode.UNAUTHENTICATED, "This name and password do not match.")
        self._attempts.succeeded(name, address)
        return await self._open(request, user.id, by="password")

    async def _link(self, request: Request) -> Response:
        (secret,) = await _texts(request, "secret")
        user = await self._links.redeem(secret)
        if user is None:
            raise Problem(
                ErrorCode.UNAUTHENTICATED,
                "This link was used or is too old: ask for a new one, or sign in by password.",
            )
        return await self._open(request, user, by="link")

    async def _open(self, request: Request, user: UserId, *, by: str) -> Response:
        _, secret = await self._sign_ins.open(
            user,
            agent=request.headers.get("user-agent", "")[:200],
            address=request.client.host if request.client else "",
            expires_at=self._clock.now() + self._length,
        )
        await self._note(user, "sign in", by=by)
        response = JSONResponse({"ok": True}, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            self._cookie,
            secret,
            max_age=int(self._length.total_seconds()),
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )
        return response

    async def _sign_out(self, request: Request) -> Response:
        secret = request.cookies.get(self._cookie)
        found = await self._sign_ins.by_secret(secret) if secret else None
        if found:
            await self._sign_ins.end(found.user_id, found.id)
            await self._note(found.user_id, "sign out")
        response = JSONResponse({"ok": True})
        response.delete_cookie(self._cookie, httponly=True, secure=self._secure, samesite="lax")
        return response

    async def _note(self, user: UserId, action: str, **detail: str) -> None:
        at = self._clock.now()
        entry = AuditEntry(at=at, actor=user, action=action, outcome="OK", detail=detail)
        await self._audit.append(user, entry)

    def _check_origin(self, request: Request) -> None:
        """A page of somebody else's must not sign a browser in or out."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise Problem(
                ErrorCode.FORBIDDEN,
                "This page may not sign in here: BROKERGRAPH_PUBLIC_URL or "
                "BROKERGRAPH_ALLOWED_ORIGINS must name its origin.",
            )


async def _texts(request: Request, *names: str) -> list[str]:
    """These texts of a JSON object; Problem if it is anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(ErrorCode.BAD_INPUT, "Send JSON, with Content-Type: application/json.")
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        body = None
    texts = [body.get(name) for name in names] if isinstance(body, dict) else []
    given = [text for text in texts if isinstance(text, str) and 0 < len(text) <= LONGEST]
    if len(given) != len(names):
        raise Problem(ErrorCode.BAD_INPUT, f"Send an object with the texts {', '.join(names)}.")
    return given


def _slow_down(seconds: int) -> Problem:
    return Problem(
        ErrorCode.TOO_MANY_REQUESTS, f"Too many attempts: try again in {seconds} seconds."
    )


def _refusal(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    body = {"code": problem.code, "message": problem.message}
    return JSONResponse(body, status_code=_STATUS[problem.code], headers=headers)


def home(access: Access, page: str) -> Route:
    """The front page sends on: to what there is to see, or to where one signs in."""

    async def redirect(request: Request) -> Response:
        viewer = await access(request, {}, trust_cookie=True)
        return RedirectResponse(page if viewer else "/sign-in", status_code=307)

    return Route("/", redirect, methods=["GET"])
