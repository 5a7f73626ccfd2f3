"""Signing a person in: a consent page, a code for it, and a token for the code.

Source: the vendor's OAuth guide, 2026-06: form-encoded, client_secret in the body, no expiry, no
refresh token. Error bodies are RFC 6749's; Alpaca documents none.
"""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.account import Account
from sandbox.alpaca.access import Access, Credential
from sandbox.answering import reply
from sandbox.exchange import Exchange

SCOPES = frozenset({"account:write", "trading", "data"})
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox sign-in</title>
</head><body><h1>Let {client} in?</h1><p>It asks for: {scope}. This is play money.</p>
<form method="post">{fields}<button name="decision" value="approve">Approve</button>
<button name="decision" value="refuse">Refuse</button></form></body></html>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code may be exchanged for, once."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]


class OAuth:
    """The routes of signing in; `accounts` are what the person owns in each environment."""

    def __init__(self, exchange: Exchange, access: Access, accounts: dict[str, Account]) -> None:
        self._exchange = exchange
        self._access = access
        self._accounts = accounts
        self.clients: dict[str, str] = {}
        """Client ids and their secrets."""
        self._grants: dict[str, Grant] = {}

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get("/oauth/authorize", self.ask),
            web.post("/oauth/authorize", self.decide),
            web.post("/oauth/token", self.exchange),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """The consent page."""
        query = request.query
        if query.get("client_id") not in self.clients or "redirect_uri" not in query:
            return reply({"error": "invalid_client"}, 400)
        fields = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in query.items()
        )
        page = _PAGE.format(
            client=escape(query["client_id"]),
            scope=escape(query.get("scope") or "read only"),
            fields=fields,
        )
        return web.Response(text=page, content_type="text/html")

    async def decide(self, request: web.Request) -> web.Response:
        """Send the person back with a code, or with their refusal."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form.get("client_id") not in self.clients or "redirect_uri" not in form:
            return reply({"error": "invalid_client"}, 400)
        if form.get("response_type") != "code":
            answer = {"error": "unsupported_response_type"}
        elif form.get("decision") != "approve":
            answer = {"error": "access_denied"}
        else:
            answer = {"code": self._grant(form)}
        query = urlencode(answer | {"state": form.get("state", "")})
        separator = "&" if "?" in form["redirect_uri"] else "?"
        return web.Response(
            status=302, headers={"Location": f"{form['redirect_uri']}{separator}{query}"}
        )

    async def exchange(self, request: web.Request) -> web.Response:
        """A token for a code."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        client_id = form.get("client_id", "")
        if client_id not in self.clients or self.clients[client_id] != form.get("client_secret"):
            return reply({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "authorization_code":
            return reply({"error": "unsupported_grant_type"}, 400)
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or (grant.client_id, grant.redirect_uri) != (
            client_id,
            form.get("redirect_uri"),
        ):
            return reply({"error": "invalid_grant"}, 400)
        return reply(self._token(grant))

    def _grant(self, form: dict[str, str]) -> str:
        code = self._exchange.new_id()
        self._grants[code] = Grant(
            client_id=form["client_id"],
            redirect_uri=form["redirect_uri"],
            scopes=frozenset(form.get("scope", "").split()) & SCOPES,
        )
        return code

    def _token(self, grant: Grant) -> dict[str, str]:
        token = self._exchange.new_id()
        self._access.add(
            Credential(id=token, secret="", accounts=dict(self._accounts), scopes=grant.scopes)
        )
        scope = " ".join(sorted(grant.scopes))
        return {"access_token": token, "token_type": "bearer", "scope": scope}
