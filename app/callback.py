"""The one address to which brokers' pages send people back, and the page that they find there."""

import logging
from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from app.access import Access
from app.settings import CALLBACK_PATH
from app.sign_in import PAGE_POLICY, PAGES
from domain.connection import Connection
from domain.errors import BrokerError, ErrorCode, Problem, Refused
from trading.returning import Returning

log = logging.getLogger(__name__)

_STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.CONSENT_EXPIRED: 410,
}
_HOME = ("/", "Back to Brokergraph")


class Callback:
    """Completes a sign-in for the person whose browser comes back, by that browser's cookie."""

    def __init__(self, access: Access, returning: Returning) -> None:
        self._access, self._returning = access, returning
        self._page = Template((PAGES / "returned.html").read_text(encoding="utf-8"))

    def routes(self) -> list[BaseRoute]:
        """Where it is reached."""
        return [Route(CALLBACK_PATH, self._answer, methods=["GET"])]

    async def _answer(self, request: Request) -> Response:
        viewer = await self._access.in_person(request)
        if viewer is None:
            text = "Sign in here in this browser, then begin to connect again."
            return self._told(401, "You are not signed in", text, ("/sign-in", "Sign in"))
        try:
            connection = await self._returning.back(
                viewer.user_id, dict(request.query_params), viewer.session
            )
        except (Problem, BrokerError) as error:
            log.info("a consent led nowhere", extra={"code": error.code})
            return self._told(_status(error), "Not connected", _sentence(error.message))
        return self._told(200, "Connected", _connected(connection))

    def _told(
        self, status: int, title: str, text: str, way_on: tuple[str, str] = _HOME
    ) -> HTMLResponse:
        """What a broker said may be in the text."""
        words = {"title": title, "text": text, "href": way_on[0], "link": way_on[1]}
        page = self._page.substitute({name: escape(word) for name, word in words.items()})
        return HTMLResponse(page, status_code=status, headers=PAGE_POLICY)


def _status(error: Problem | BrokerError) -> int:
    """Whose fault it is: a broker that cannot be asked is a gateway that does not answer."""
    if isinstance(error, BrokerError) and not isinstance(error, Refused):
        return 502
    return _STATUS.get(error.code, 400)


def _connected(connection: Connection) -> str:
    return f"{connection.label} is connected. You may close this page."


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."
