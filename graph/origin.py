"""Whether a cookie counts: only if a page of ours sent it."""

from starlette.requests import HTTPConnection


def trust_cookie(connection: HTTPConnection, origins: frozenset[str]) -> bool:
    """By the Origin header, which pages cannot forge.

    Browsers leave it out of same-origin reads, never out of a POST or a socket.
    """
    origin: str | None = connection.headers.get("origin")
    if origin is None:
        return bool(connection.scope["type"] == "http")
    return origin in origins
