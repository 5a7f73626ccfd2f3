"""Interactive Brokers' stage: a Gateway whose login manages two accounts of play money."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from brokers.ibkr.contracts import combination_of
from domain.account import Balance, Environment
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import Leg, OrderSide, PositionEffect
from sandbox import Sandbox
from sandbox.ibkr.server import FLEX_TOKEN
from tests.conformance.stage import Act, HttpStage, Jumble, Sample, Trouble

_CLIENT_ID = 7
_CALL, _OTHER_CALL = "AAPL271217C00250000", "AAPL271217C00270000"
# What has to be told for the answer to make no sense: the end of what was asked, or the order.
_TOLD = {
    Act.READ: "/tws/positionEnd",
    Act.PLACE: "/tws/openOrder",
    Act.REPLACE: "/tws/openOrder",
    Act.CANCEL: "/tws/openOrder",
}
# On this wire no server answers for another: what is broken breaks the connection.
_BROKEN = {Trouble.BROKEN: "reset", Trouble.FAILED: "reset_after"}


class Stage(HttpStage):
    """Our client is the master: it hears of orders that others place."""

    environment = Environment.PAPER
    page_of_orders, page_of_transactions = 1, 1
    requests: ClassVar = {
        Act.READ: ("TWS", "/reqPositions"),
        Act.PLACE: ("TWS", "/placeOrder"),
        Act.REPLACE: ("TWS", "/placeOrder"),
        Act.CANCEL: ("TWS", "/cancelOrder"),
    }
    stream = "/tws/orderStatus"
    secrets = frozenset({FLEX_TOKEN})

    def __init__(self, box: Sandbox) -> None:
        self.box, self.gateway = box, box.ibkr.paper
        self.gateway.habits.master_client_id = _CLIENT_ID
        self.gateway.habits.most_messages = 1_000_000
        # Kept, and without a query not used: what is booked is told by the Gateway alone.
        self.credentials = {"client_id": str(_CLIENT_ID), "flex_token": FLEX_TOKEN}
        self.wrong = {**self.credentials, "account": "DU9999999"}
        self.accounts = dict(self.gateway.accounts)
        self.samples = _samples()
        self.exempt = {}
        self.endpoints = {
            "gateway": self.gateway.url,
            "gateway_other": box.ibkr.live.url,
            "flex": "http://127.0.0.1:1",
        }

    async def expire(self) -> None:
        """Somebody signs another user in to the Gateway; ours moves to another one."""
        other = self.box.ibkr.live
        other.accounts.clear()
        for number, account in self.accounts.items():
            other.admit(number, account)
        self.gateway.accounts.clear()
        self.box.ibkr.account(self.gateway, "DU7000001")
        for session in self.gateway.started():
            session.cut()

    def renewed(self) -> Mapping[str, str]:
        """The name of the Gateway that has them."""
        return {**self.credentials, "gateway": "gateway_other"}

    def foreign(self) -> Balance | None:
        """Euros."""
        amount = Decimal("1234.56")
        next(iter(self.accounts.values())).pay_in("EUR", amount)
        return Balance(currency="EUR", cash=amount)

    async def inflict(self, trouble: Trouble, act: Act, times: int = 1) -> None:
        """As a fault of the message, or of what is told of it."""
        method, path = self.requests[act]
        if trouble is Trouble.GARBLED:
            self.box.faults.add("garbage_frame", path=_TOLD[act], count=times)
        elif trouble in _BROKEN:
            self.box.faults.add(_BROKEN[trouble], method=method, path=path, count=times)
        else:
            await super().inflict(trouble, act, times)

    async def jumble(self, how: Jumble) -> None:
        """Of all that is told of orders and fills."""
        kind, count = {
            Jumble.TWICE: ("duplicate_frame", 0),
            Jumble.SWAPPED: ("reorder_frame", 1),
        }[how]
        for name in ("orderStatus", "openOrder", "execDetails", "commissionReport"):
            self.box.faults.add(kind, path=f"/tws/{name}", count=count)

    async def cut(self) -> None:
        """Reset every client."""
        for session in self.gateway.started():
            session.cut()

    async def mute(self) -> None:
        """Answer no client any more."""
        for session in self.gateway.started():
            session.mute()


def _samples() -> dict[AssetClass, Sample]:
    call, other = _option(_CALL), _option(_OTHER_CALL)
    legs = (
        Leg(instrument=call, side=OrderSide.BUY, effect=PositionEffect.OPEN),
        Leg(instrument=other, side=OrderSide.SELL, effect=PositionEffect.OPEN),
    )
    apple = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
    future = Instrument(
        asset_class=AssetClass.FUTURE,
        symbol="ESH7",
        currency="USD",
        mic="XCME",
        multiplier=Decimal(50),
    )
    euro = Instrument(asset_class=AssetClass.FX, symbol="EUR/USD", currency="USD")
    return {
        AssetClass.EQUITY: Sample(instrument=apple, symbol="AAPL"),
        AssetClass.OPTION: Sample(instrument=call, symbol=_CALL),
        AssetClass.FUTURE: Sample(instrument=future, symbol="ESH7", tick=Decimal("0.25")),
        AssetClass.FX: Sample(
            instrument=euro, symbol="EUR.USD", tick=Decimal("0.00005"), whole=Decimal(20_000)
        ),
        AssetClass.MULTI_LEG: Sample(
            instrument=combination_of([call, other], "USD"), symbol="", legs=legs
        ),
    }


def _option(symbol: str) -> Instrument:
    found = option_of(symbol)
    assert found is not None
    return found
