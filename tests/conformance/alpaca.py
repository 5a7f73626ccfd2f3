"""Alpaca's stage: paper, by keys."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import sandbox
from brokers.alpaca.symbols import combination_of, instrument_of
from domain.account import Balance, Environment
from domain.instrument import AssetClass, Instrument
from domain.order import Leg, OrderSide, PositionEffect
from sandbox import Sandbox
from sandbox.alpaca.access import PAPER, Credential
from tests.conformance.stage import Act, HttpStage, Sample

_OTHER_KEY, _OTHER_SECRET = "PKSANDBOX00000000002", "sandbox-paper-secret-2"


class Stage(HttpStage):
    """One account a key."""

    environment = Environment.PAPER
    page_of_orders, page_of_transactions = 500, 100
    requests: ClassVar = {
        Act.READ: ("GET", "/v2/positions"),
        Act.PLACE: ("POST", "/v2/orders"),
        Act.REPLACE: ("PATCH", "/v2/orders/*"),
        Act.CANCEL: ("DELETE", "/v2/orders/*"),
    }
    stream, frames = "/stream", '"stream":"trade_updates"'

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.credentials = {"key_id": sandbox.PAPER_KEY, "secret": sandbox.PAPER_SECRET}
        self.wrong = {"key_id": sandbox.PAPER_KEY, "secret": "another"}
        self.secrets = frozenset({sandbox.PAPER_SECRET, _OTHER_SECRET})
        self.accounts = {box.paper.number: box.paper}
        self.samples = _samples()
        self.exempt = {
            "test_an_order_that_is_rejected_after_all_says_why": (
                "an order at Alpaca has no field that says why (OpenAPI 2026-06)"
            )
        }
        self.endpoints = {
            "trading": box.alpaca.paper.url,
            "stream": box.alpaca.paper.socket_url,
            "data": box.alpaca.market.url,
            "data_stream": box.alpaca.market_stream.socket_url,
        }

    async def expire(self) -> None:
        """The key is deleted."""
        self.box.alpaca.revoke(sandbox.PAPER_KEY)

    def renewed(self) -> Mapping[str, str]:
        """A new key of the same account."""
        access = self.box.alpaca.access
        access.add(
            Credential(id=_OTHER_KEY, secret=_OTHER_SECRET, accounts={PAPER: self.box.paper})
        )
        return {"key_id": _OTHER_KEY, "secret": _OTHER_SECRET}

    def foreign(self) -> Balance | None:
        """An account is in dollars."""
        return None


def _samples() -> dict[AssetClass, Sample]:
    call, other = _option("AAPL271217C00250000"), _option("AAPL271217C00270000")
    legs = (
        Leg(instrument=call, side=OrderSide.BUY, effect=PositionEffect.OPEN),
        Leg(instrument=other, side=OrderSide.SELL, effect=PositionEffect.OPEN),
    )
    apple, bitcoin = instrument_of("AAPL", "us_equity"), instrument_of("BTC/USD", "crypto")
    return {
        AssetClass.EQUITY: Sample(instrument=apple, symbol="AAPL"),
        AssetClass.OPTION: Sample(instrument=call, symbol="AAPL271217C00250000"),
        AssetClass.CRYPTO: Sample(instrument=bitcoin, symbol="BTC/USD", whole=Decimal(1)),
        AssetClass.MULTI_LEG: Sample(
            instrument=combination_of([call, other]), symbol="", legs=legs
        ),
    }


def _option(symbol: str) -> Instrument:
    return instrument_of(symbol, "us_option")
