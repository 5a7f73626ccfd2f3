"""Signing a person in: a request token, a page with a button, a code, an access token."""

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.etrade.access import Access
from sandbox.etrade.tokens import Denied

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox sign-in</title>
</head><body><h1>{title}</h1><p>This is play money.</p>{body}</body></html>"""
_FORM = """<form method="post"><input type="hidden" name="key" value="{key}">
<input type="hidden" name="token" value="{token}">
<button name="decision" value="accept">Accept</button>
<button name="decision" value="decline">Decline</button></form>"""
_CODE = '<p>Your verification code:</p><input type="text" readonly value="{code}">'


class OAuth:
    """The routes of signing in."""

    def __init__(self, access: Access) -> None:
        self._access, self._tokens = access, access.tokens
        self.callback_tells_token = True
        """Whether the way back names the request token; the documentation's sample does not."""

    def routes(self) -> list[web.RouteDef]:
        """What to serve; the tokens by GET or POST."""
        found = [
            web.get("/e/t/etws/authorize", self.ask),
            web.post("/e/t/etws/authorize", self.decide),
        ]
        for name, do in (
            ("request_token", self.request_token),
            ("access_token", self.access_token),
            ("renew_access_token", self.renew),
            ("revoke_access_token", self.revoke),
        ):
            found += [web.get(f"/oauth/{name}", do), web.post(f"/oauth/{name}", do)]
        return found

    async def request_token(self, request: web.Request) -> web.Response:
        """A token to ask the person with; the callback is always `oob`."""
        told = self._access.consumer(request)
        if told.get("oauth_callback") != "oob":
            raise Denied("callback_rejected")
        consumer = told["oauth_consumer_key"]
        token, secret = self._tokens.ask(consumer)
        confirmed = str(consumer in self._tokens.callbacks).lower()
        return _form(
            oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed=confirmed
        )

    async def ask(self, request: web.Request) -> web.Response:
        """The page on which the person decides."""
        key, token = request.query.get("key", ""), request.query.get("token", "")
        asked = self._tokens.asked.get(token)
        if asked is None or asked.consumer != key:
            return _page("This sign-in is not known", "", 400)
        form = _FORM.format(key=escape(key), token=escape(token))
        return _page("Let this application in?", form)

    async def decide(self, request: web.Request) -> web.Response:
        """The code to copy, or the way back to a registered address."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        key, token = form.get("key", ""), form.get("token", "")
        if form.get("decision") != "accept":
            return _page("You declined", "")
        try:
            code = self._tokens.let_in(key, token)
        except Denied:
            return _page("This sign-in is too old", "", 400)
        callback = self._tokens.callbacks.get(key)
        if callback is None:
            return _page("Accepted", _CODE.format(code=escape(code)))
        told = {"oauth_token": token} if self.callback_tells_token else {}
        query = urlencode(told | {"oauth_verifier": code})
        where = f"{callback}{'&' if '?' in callback else '?'}{query}"
        return web.Response(status=302, headers={"Location": where})

    async def access_token(self, request: web.Request) -> web.Response:
        """A token for a code."""
        told = self._access.consumer(request)
        token, secret = self._tokens.redeem(
            told["oauth_consumer_key"],
            told.get("oauth_token", ""),
            told.get("oauth_verifier", ""),
        )
        return _form(oauth_token=token, oauth_token_secret=secret)

    async def renew(self, request: web.Request) -> web.Response:
        """Wake a token up; the same one stays good until midnight."""
        told = self._access.consumer(request)
        token = self._tokens.of(told["oauth_consumer_key"], told.get("oauth_token", ""))
        self._tokens.check_alive(token)
        token.used = self._access.clock()
        return web.Response(text="Access Token has been renewed")

    async def revoke(self, request: web.Request) -> web.Response:
        """End a token."""
        told = self._access.consumer(request)
        token = self._tokens.of(told["oauth_consumer_key"], told.get("oauth_token", ""))
        self._tokens.check_alive(token)
        token.revoked = True
        return web.Response(text="Revoked Access Token")


def _form(**fields: str) -> web.Response:
    return web.Response(text=urlencode(fields), content_type="application/x-www-form-urlencoded")


def _page(title: str, body: str, status: int = 200) -> web.Response:
    page = _PAGE.format(title=escape(title), body=body)
    return web.Response(text=page, status=status, content_type="text/html")
