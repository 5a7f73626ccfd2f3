"""Whether the server lives, whether it works, and what it counts: for machines that watch it."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.addresses import is_loopback
from app.metrics import CONTENT_TYPE, Metrics

PATIENCE_SECONDS = 2.0

# Whether a part works; one that raises or does not answer in time does not.
Check = Callable[[], Awaitable[bool]]


class Health:
    """What /healthz, /readyz and /metrics answer."""

    def __init__(
        self, *, checks: Mapping[str, Check], metrics: Metrics, metrics_token: str | None
    ) -> None:
        self._checks, self._metrics, self._token = checks, metrics, metrics_token

    def routes(self) -> list[BaseRoute]:
        """Where each is reached."""
        return [
            Route("/healthz", self._alive, methods=["GET"]),
            Route("/readyz", self._ready, methods=["GET"]),
            Route("/metrics", self._counted, methods=["GET"]),
        ]

    async def _alive(self, _request: Request) -> Response:
        return PlainTextResponse("alive")

    async def _ready(self, _request: Request) -> Response:
        works = await asyncio.gather(*map(_works, self._checks.values()))
        parts = dict(zip(self._checks, works, strict=True))
        return JSONResponse(parts, status_code=200 if all(works) else 503)

    async def _counted(self, request: Request) -> Response:
        if not self._may_read(request):
            return PlainTextResponse(
                "Only from loopback, or with the metrics token as bearer token.", status_code=403
            )
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)

    def _may_read(self, request: Request) -> bool:
        if self._token is not None:
            given = request.headers.get("authorization", "")
            return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())
        # Through a proxy on this machine everybody seems to be on loopback.
        forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
        return not forwarded and request.client is not None and is_loopback(request.client.host)


async def _works(check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await check()
    except Exception:  # noqa: BLE001 (whatever it is, the answer is that it does not work)
        return False
