"""Every request that the sandbox received, answered or not."""

from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web


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


@dataclass(slots=True)
class RequestLog:
    """The requests, oldest first."""

    entries: list[Entry] = field(default_factory=list)

    def receive(self, request: web.Request, host: str, request_id: str, at: datetime) -> Entry:
        """Note a request before anything is done about it."""
        resource = request.match_info.route.resource
        entry = Entry(
            at=at,
            host=host,
            method=request.method,
            path=request.path,
            template=resource.canonical if resource else request.path,
            request_id=request_id,
        )
        self.entries.append(entry)
        return entry

    def matching(self, method: str, template: str) -> list[Entry]:
        """Those of one method and path template."""
        return [one for one in self.entries if (one.method, one.template) == (method, template)]
