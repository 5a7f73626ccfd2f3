"""Every request that the sandbox received, answered or not."""

from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

MOST = 100_000


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request; `status` is None for as long as it has not been answered."""

    at: datetime
    host: str
    method: str
    path: str
    template: str
    request_id: str
    status: int | None = None
    fault: str | None = None


ENTRY = web.RequestKey("entry", Entry)


@dataclass(slots=True)
class RequestLog:
    """The requests, oldest first."""

    entries: list[Entry] = field(default_factory=list)
    _received: int = 0

    def receive(self, request: web.Request, host: str, at: datetime) -> Entry:
        """Note a request before anything is done about it; the oldest are let go in time."""
        resource = request.match_info.route.resource
        template = resource.canonical if resource else request.path
        return self.note(request.method, request.path, host, at, template)

    def note(self, method: str, path: str, host: str, at: datetime, template: str = "") -> Entry:
        """The same of what came over another wire than HTTP."""
        if len(self.entries) == MOST:
            del self.entries[: MOST // 2]
        self._received += 1
        entry = Entry(
            at=at,
            host=host,
            method=method,
            path=path,
            template=template or path,
            request_id=f"{self._received:032x}",
        )
        self.entries.append(entry)
        return entry

    def matching(self, method: str, template: str) -> list[Entry]:
        """Those of one method and path template."""
        return [one for one in self.entries if (one.method, one.template) == (method, template)]
