"""How an answer is written: JSON or XML, with the liberties that E*TRADE takes."""

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from sandbox import json_text

_JSON, _XML, _HTML = "application/json", "application/xml", "text/html"
_PAGE = (
    "<!doctype html><html><head><title>HTTP Status {status} \N{EN DASH} Error</title></head>"
    "<body><h1>HTTP Status {status}</h1><p><b>Message</b> {message}</p></body></html>"
)


@dataclass(slots=True, kw_only=True)
class Quirks:
    """What E*TRADE has been seen to do; all of it off to begin with.

    `singles` sends a list of one as the one, `small` begins every key small, `xml` answers in XML
    though JSON was asked for, `same_marker` repeats one marker for ever, `errors` is the form of
    error bodies: json, xml, html or none.
    """

    singles: bool = False
    small: bool = False
    xml: bool = False
    same_marker: bool = False
    errors: str = "json"


def answer(request: web.Request, value: dict[str, Any], quirks: Quirks) -> web.Response:
    """The document in the form that was asked for, more or less."""
    value = _altered(value, quirks)
    if quirks.xml or not wants_json(request):
        return web.Response(text=xml(value), content_type=_XML)
    return web.Response(text=json_text.dumps(value), content_type=_JSON)


def wants_json(request: web.Request) -> bool:
    """By the path's ending, or by the header."""
    return request.path.endswith(".json") or _JSON in request.headers.get("Accept", "")


def error(
    request: web.Request, status: int, code: int | None, message: str, quirks: Quirks
) -> web.Response:
    """An error body, with or without a code, in one of four forms."""
    if quirks.errors == "none":
        return web.Response(status=status)
    if quirks.errors == "html":
        page = _PAGE.format(status=status, message=escape(message))
        return web.Response(text=page, status=status, content_type=_HTML)
    told = {"Error": ({} if code is None else {"code": code}) | {"message": message}}
    if quirks.errors == "xml" or not wants_json(request):
        return web.Response(text=xml(told), status=status, content_type=_XML)
    return web.Response(text=json_text.dumps(told), status=status, content_type=_JSON)


def xml(value: dict[str, Any]) -> str:
    """A document of one root."""
    ((name, inside),) = value.items()
    return f'<?xml version="1.0" encoding="UTF-8"?>{_element(name, inside)}'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(k, v) for k, v in value.items())}</{name}>"
    return f"<{name}/>" if value in {None, ""} else f"<{name}>{escape(_text(value))}</{name}>"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text.dumps(value)


def _altered(value: Any, quirks: Quirks) -> Any:
    if isinstance(value, dict):
        return {
            (name[:1].lower() + name[1:] if quirks.small else name): _altered(one, quirks)
            for name, one in value.items()
        }
    if isinstance(value, list):
        single = quirks.singles and len(value) == 1
        return _altered(value[0], quirks) if single else [_altered(one, quirks) for one in value]
    return value
