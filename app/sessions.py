"""Browsers that are signed in: the cookie, and the line in the audit."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from domain.audit import AuditEntry
from domain.clock import Clock
from domain.ids import UserId
from store.access import SignIns
from store.audit import Audit


class Sessions:
    """Opened once it is known who is there, however they showed it."""

    def __init__(
        self,
        sign_ins: SignIns,
        audit: Audit,
        clock: Clock,
        *,
        cookie: str,
        secure: bool,
        length: timedelta,
    ) -> None:
        self._sign_ins, self._audit, self._clock = sign_ins, audit, clock
        self._cookie, self.secure, self._length = cookie, secure, length

    async def open(
        self, request: Request, response: Response, user: UserId, *, by: str, proven: bool = False
    ) -> Response:
        """The response, with the cookie of a new sign-in."""
        _, secret = await self._sign_ins.open(
            user,
            agent=request.headers.get("user-agent", "")[:200],
            address=address_of(request),
            expires_at=self._clock.now() + self._length,
            proven=proven,
        )
        await self.note(user, "sign in", by=by)
        response.headers["Cache-Control"] = "no-store"
        response.set_cookie(
            self._cookie,
            secret,
            max_age=int(self._length.total_seconds()),
            httponly=True,
            secure=self.secure,
            samesite="lax",
        )
        return response

    async def close(self, request: Request, response: Response) -> Response:
        """The response, without the cookie; the sign-in is over, whoever else has its secret."""
        secret = request.cookies.get(self._cookie)
        found = await self._sign_ins.by_secret(secret) if secret else None
        if found:
            await self._sign_ins.end(found.user_id, found.id)
            await self.note(found.user_id, "sign out")
        response.delete_cookie(self._cookie, httponly=True, secure=self.secure, samesite="lax")
        return response

    async def note(self, user: UserId, action: str, **detail: str) -> None:
        """A line in the user's audit."""
        at = self._clock.now()
        entry = AuditEntry(at=at, actor=user, action=action, outcome="OK", detail=detail)
        await self._audit.append(user, entry)


def address_of(request: Request) -> str:
    """Where a request comes from, as far as proxies are trusted."""
    return request.client.host if request.client else ""
