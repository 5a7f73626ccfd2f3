"""E*TRADE's stage: a sign-in that reaches two accounts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from brokers.etrade.symbols import combination_of
from domain.account import Balance, Environment
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import Leg, OrderSide, PositionEffect
from sandbox import Sandbox
from tests.conformance.stage import Act, HttpStage, Sample

_CALL, _OTHER_CALL = "AAPL271217C00250000", "AAPL271217C00270000"


class Stage(HttpStage):
    """One person with a margin account and a retirement account."""

    environment = Environment.SANDBOX
    page_of_orders, page_of_transactions = 100, 50
    requests: ClassVar = {
        Act.READ: ("GET", "/v1/accounts/*/portfolio.json"),
        Act.PLACE: ("POST", "/v1/accounts/*/orders/place.json"),
        Act.REPLACE: ("PUT", "/v1/accounts/*/change/place.json"),
        Act.CANCEL: ("PUT", "/v1/accounts/*/orders/cancel.json"),
    }

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        url = box.etrade.host.url
        self.endpoints = {"api": url, "oauth": url, "authorize": url}
        self.credentials = box.etrade.token()
        self.wrong = {**self.credentials, "token_secret": "another"}
        self._renewed = box.etrade.token()
        secret = ("token", "token_secret", "consumer_secret")
        told = (self.credentials, self._renewed)
        self.secrets = frozenset(values[name] for values in told for name in secret)
        self.accounts = {one.number: one for one in box.etrade.accounts}
        self.samples = _samples()
        # Tests have clocks of their own, which the exchange's need not agree with.
        box.etrade.access.clockwork.skew = timedelta(days=3650)
        self.exempt = {}

    async def expire(self) -> None:
        """It is midnight in New York."""
        self.box.etrade.expire(but=self._renewed["token"])

    def renewed(self) -> Mapping[str, str]:
        """What signing in again leaves."""
        return self._renewed

    async def consent(self, url: str) -> Mapping[str, str]:
        """The person accepts, and copies the code."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = self.box.etrade.tokens.let_in(asked["key"], asked["token"])
        return {"oauth_verifier": code}

    def foreign(self) -> Balance | None:
        """Accounts are in dollars."""
        return None


def _samples() -> dict[AssetClass, Sample]:
    call, other = _option(_CALL), _option(_OTHER_CALL)
    legs = (
        Leg(instrument=call, side=OrderSide.BUY, effect=PositionEffect.OPEN),
        Leg(instrument=other, side=OrderSide.SELL, effect=PositionEffect.OPEN),
    )
    return {
        AssetClass.EQUITY: Sample(instrument=_plain(AssetClass.EQUITY, "AAPL"), symbol="AAPL"),
        AssetClass.OPTION: Sample(instrument=call, symbol=_CALL),
        AssetClass.MULTI_LEG: Sample(
            instrument=combination_of([call, other]), symbol="", legs=legs
        ),
        AssetClass.MUTUAL_FUND: Sample(
            instrument=_plain(AssetClass.MUTUAL_FUND, "VFIAX"), symbol="VFIAX"
        ),
    }


def _plain(kind: AssetClass, symbol: str) -> Instrument:
    return Instrument(asset_class=kind, symbol=symbol, currency="USD")


def _option(symbol: str) -> Instrument:
    found = option_of(symbol)
    assert found is not None
    return found
