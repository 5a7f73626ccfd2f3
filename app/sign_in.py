"""Signing in and out of this server in a browser: the page, the password, links that work once."""

import logging
import math
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.access import Access
from app.answers import answering, refusal, texts
from app.sessions import Sessions, address_of
from app.throttle import Attempts
from domain.access import LinkUse
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.access import Links
from store.second_factors import SecondFactors
from store.users import Users

log = logging.getLogger(__name__)

PAGES = Path(__file__).parent / "pages"

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
        links: Links,
        second_factors: SecondFactors,
        sessions: Sessions,
        attempts: Attempts,
        origins: frozenset[str],
    ) -> None:
        self._users, self._links, self._second_factors = users, links, second_factors
        self._sessions, self._attempts, self._origins = sessions, attempts, origins

    def routes(self) -> list[BaseRoute]:
        """Where each is reached."""
        acts = {
            "/sign-in": self._sign_in,
            "/link": self._link,
            "/password": self._password,
            "/sign-out": self._sign_out,
        }
        pages = ("/sign-in", "/link", "/password")
        return [
            *(Route(path, self._page, methods=["GET"]) for path in pages),
            *(
                Route(path, answering(act, self._origins), methods=["POST"])
                for path, act in acts.items()
            ),
            Mount("/pages", StaticFiles(directory=PAGES)),
        ]

    async def _page(self, _request: Request) -> Response:
        return FileResponse(PAGES / "sign-in.html", headers=PAGE_POLICY)

    async def _sign_in(self, request: Request) -> Response:
        name, password, code = await texts(request, "name", "password", also="code")
        address = address_of(request)
        seconds = math.ceil(self._attempts.wait(name, address))
        if seconds:
            return refusal(slow_down(seconds), {"Retry-After": str(seconds)})
        # Counted before it is checked, so that many attempts at once are no way around.
        self._attempts.failed(name, address)
        user = await self._users.verify(name, password)
        if user is None:
            log.warning("sign-in refused", extra={"address": address})
            raise Problem(ErrorCode.UNAUTHENTICATED, "This name and password do not match.")
        self._attempts.succeeded(name, address)
        proven = await self._proven(user.id, code)
        return await self._open(request, user.id, by="password", proven=proven)

    async def _link(self, request: Request) -> Response:
        secret, code = await texts(request, "secret", also="code")
        user = await self._links.holder(secret)
        if user is None:
            raise _used_up()
        proven = await self._proven(user, code)
        if await self._links.redeem(secret) is None:
            raise _used_up()
        return await self._open(request, user, by="link", proven=proven)

    async def _password(self, request: Request) -> Response:
        """Whoever was invited, or has forgotten it, chooses one."""
        secret, password, code = await texts(request, "secret", "password", also="code")
        user = await self._links.holder(secret, LinkUse.PASSWORD)
        if user is None:
            raise _used_up()
        self._users.check_password(password)
        proven = await self._proven(user, code)
        if await self._links.redeem(secret, LinkUse.PASSWORD) is None:
            raise _used_up()
        await self._users.set_password(user, password)
        await self._sessions.note(user, "set password", by="link")
        return await self._open(request, user, by="link", proven=proven)

    async def _sign_out(self, request: Request) -> Response:
        return await self._sessions.close(request, JSONResponse({"ok": True}))

    async def _proven(self, user: UserId, code: str) -> bool:
        """Whether the second factor was proven, too; Problem if it has to be and was not."""
        if not await self._second_factors.required(user):
            return False
        if not code:
            message = "Type the code that your authenticator app shows, or a recovery code."
            raise Problem(ErrorCode.SECOND_FACTOR_REQUIRED, message)
        await self._second_factors.prove(user, code)
        return True

    async def _open(self, request: Request, user: UserId, *, by: str, proven: bool) -> Response:
        response = JSONResponse({"ok": True})
        return await self._sessions.open(request, response, user, by=by, proven=proven)


def slow_down(seconds: int) -> Problem:
    """For whoever has tried too often."""
    return Problem(
        ErrorCode.TOO_MANY_REQUESTS, f"Too many attempts: try again in {seconds} seconds."
    )


def _used_up() -> Problem:
    return Problem(
        ErrorCode.UNAUTHENTICATED,
        "This link was used or is too old: ask for a new one, or sign in by password.",
    )


def home(access: Access, page: str) -> Route:
    """The front page sends on: to what there is to see, or to where one signs in."""

    async def redirect(request: Request) -> Response:
        viewer = await access(request, {}, trust_cookie=True)
        return RedirectResponse(page if viewer else "/sign-in", status_code=307)

    return Route("/", redirect, methods=["GET"])
