"""Signing in by a provider: away to its page, back with its word, in by whom that is linked to."""

import math
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from html import escape
from string import Template

import orjson
from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.access import Access
from app.answers import answering
from app.openid import Flow, OpenId, Vouched
from app.sessions import Sessions, address_of
from app.settings import PROVIDER_RETURN
from app.sign_in import PAGE_POLICY, PAGES, slow_down
from app.throttle import Attempts
from domain.access import Role
from domain.clock import Clock
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.identities import Identities
from store.users import Users

COOKIE = "brokergraph-away"
_PATH = "/sign-in/provider"
_AWAY_SECONDS = 600
# Whoever links a way in has to have come in just now.
_FRESH = timedelta(minutes=10)


class Provider:
    """The person's browser carries what it was sent away with, sealed; the server keeps nothing."""

    def __init__(
        self,
        *,
        openid: OpenId | None,
        users: Users,
        identities: Identities,
        sessions: Sessions,
        access: Access,
        attempts: Attempts,
        clock: Clock,
        secret: bytes,
        origins: frozenset[str],
        create_users: bool,
    ) -> None:
        self._openid, self._users, self._identities = openid, users, identities
        self._sessions, self._access, self._attempts = sessions, access, attempts
        self._clock, self._origins, self._create = clock, origins, create_users
        self._seal = Fernet(urlsafe_b64encode(secret))
        self._page = Template((PAGES / "returned.html").read_text(encoding="utf-8"))

    def routes(self) -> list[BaseRoute]:
        """Where each is reached; without a provider only the word that there is none."""
        told = Route(_PATH, self._told, methods=["GET"])
        if self._openid is None:
            return [told]
        begin, link = self._begin(self._openid, self._nobody), self._begin(self._openid, self._who)
        return [
            told,
            Route(_PATH, answering(begin, self._origins), methods=["POST"]),
            Route(f"{_PATH}/link", answering(link, self._origins), methods=["POST"]),
            Route(PROVIDER_RETURN, self._return(self._openid), methods=["GET"]),
        ]

    async def _told(self, _request: Request) -> Response:
        issuer = None if self._openid is None else self._openid.issuer
        return JSONResponse({"issuer": issuer}, headers={"Cache-Control": "no-store"})

    def _begin(
        self, openid: OpenId, whom: Callable[[Request], Awaitable[UserId | None]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def begin(request: Request) -> Response:
            user = await whom(request)
            url, flow = await openid.begin()
            response = JSONResponse({"url": url}, headers={"Cache-Control": "no-store"})
            sealed = self._sealed(flow, user)
            response.set_cookie(
                COOKIE,
                sealed,
                max_age=_AWAY_SECONDS,
                path=_PATH,
                httponly=True,
                secure=self._sessions.secure,
                samesite="lax",
            )
            return response

        return begin

    async def _nobody(self, _request: Request) -> UserId | None:
        return None

    async def _who(self, request: Request) -> UserId | None:
        """Who is there in person and has just signed in."""
        viewer = await self._access.in_person(request)
        now = self._clock.now()
        if viewer is None or viewer.signed_in_at is None or now - viewer.signed_in_at > _FRESH:
            raise Problem(ErrorCode.FORBIDDEN, "Sign in again, then link the provider.")
        return viewer.user_id

    def _return(self, openid: OpenId) -> Callable[[Request], Awaitable[Response]]:
        async def back(request: Request) -> Response:
            try:
                self._slow_down(request)
                flow, linking = self._opened(request.cookies.get(COOKIE, ""))
                vouched = await openid.finish(flow, dict(request.query_params))
                response = await self._let_in(request, vouched, linking)
            except Problem as problem:
                response = self._refused(problem)
            response.delete_cookie(COOKIE, path=_PATH)
            return response

        return back

    async def _let_in(self, request: Request, vouched: Vouched, linking: UserId | None) -> Response:
        response = RedirectResponse("/", status_code=303)
        if linking is not None:
            if await self._who(request) != linking:
                raise Problem(ErrorCode.FORBIDDEN, "Somebody else is signed in here now.")
            await self._identities.link(linking, vouched.identity)
            await self._sessions.note(linking, "link provider", issuer=vouched.identity.issuer)
            return response
        user = await self._identities.holder(vouched.identity) or await self._made(vouched)
        found = await self._users.by_id(user)
        if found is None or found.disabled:
            raise Problem(ErrorCode.FORBIDDEN, "You are kept out: ask whoever runs this server.")
        self._attempts.succeeded("", address_of(request))
        return await self._sessions.open(request, response, user, by="provider")

    async def _made(self, vouched: Vouched) -> UserId:
        """A new person, where that is allowed; a name that is taken is never taken over."""
        if not self._create:
            raise Problem(
                ErrorCode.FORBIDDEN,
                "Nobody here is linked to this sign-in: sign in otherwise, then link it.",
            )
        user = await self._users.create(vouched.name, None, Role.USER)
        await self._identities.link(user.id, vouched.identity)
        await self._sessions.note(user.id, "create user", by="provider")
        return user.id

    def _slow_down(self, request: Request) -> None:
        address = address_of(request)
        seconds = math.ceil(self._attempts.wait("", address))
        if seconds:
            raise slow_down(seconds)
        self._attempts.failed("", address)

    def _sealed(self, flow: Flow, linking: UserId | None) -> str:
        text = orjson.dumps({"flow": asdict(flow), "linking": linking})
        return self._seal.encrypt_at_time(text, int(self._clock.now().timestamp())).decode()

    def _opened(self, sealed: str) -> tuple[Flow, UserId | None]:
        now = int(self._clock.now().timestamp())
        try:
            told = orjson.loads(self._seal.decrypt_at_time(sealed, _AWAY_SECONDS, now))
        except InvalidToken:
            message = "This browser was not sent to the provider from here, or too long ago."
            raise Problem(ErrorCode.UNAUTHENTICATED, message) from None
        linking = told["linking"]
        return Flow(**told["flow"]), None if linking is None else UserId(linking)

    def _refused(self, problem: Problem) -> Response:
        words = {
            "title": "Not signed in",
            "text": problem.message,
            "href": "/sign-in",
            "link": "Sign in",
        }
        page = self._page.substitute({name: escape(word) for name, word in words.items()})
        status = 503 if problem.code is ErrorCode.UNAVAILABLE else 403
        return HTMLResponse(page, status_code=status, headers=PAGE_POLICY)
