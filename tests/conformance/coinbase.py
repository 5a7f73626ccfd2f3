"""Coinbase's stage: one portfolio, by an ES256 key."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from brokers.coinbase.symbols import pair_of
from domain.account import Balance, Environment
from domain.instrument import AssetClass
from sandbox import Sandbox
from sandbox.coinbase.keys import Key
from tests.conformance.stage import Act, HttpStage, Sample

_ORDERS = "/api/v3/brokerage/orders"


class Stage(HttpStage):
    """A key is bound to one portfolio."""

    environment = Environment.SANDBOX
    page_of_orders, page_of_transactions = 250, 100
    requests: ClassVar = {
        Act.READ: ("GET", "/api/v3/brokerage/accounts"),
        Act.PLACE: ("POST", _ORDERS),
        Act.REPLACE: ("POST", f"{_ORDERS}/edit"),
        Act.CANCEL: ("POST", f"{_ORDERS}/batch_cancel"),
    }
    stream, frames = "/", '"channel":"user"'

    def __init__(self, box: Sandbox) -> None:
        self.box, coinbase = box, box.coinbase
        self._renewed = coinbase.new_key("renewed")
        self.credentials = _credentials(coinbase.key)
        self.wrong = {**self.credentials, "private_key": coinbase.ed25519_key.secret}
        keys = (coinbase.key, coinbase.ed25519_key, self._renewed)
        self.secrets = frozenset(line for key in keys for line in _lines(key))
        self.accounts = {coinbase.account.id: coinbase.account}
        bitcoin = Sample(
            instrument=pair_of("BTC-USD"),
            symbol="BTC/USD",
            whole=Decimal("0.2"),
            fraction=Decimal("0.05"),
        )
        self.samples = {AssetClass.CRYPTO: bitcoin}
        self.exempt = {}
        self.endpoints = {
            "rest": coinbase.rest.url,
            "market": coinbase.market.socket_url,
            "user": coinbase.user.socket_url,
        }

    async def expire(self) -> None:
        """The key is deleted."""
        self.box.coinbase.revoke(self.box.coinbase.key.name)

    def renewed(self) -> Mapping[str, str]:
        """A new key to the same portfolio."""
        return _credentials(self._renewed)

    def foreign(self) -> Balance | None:
        """Euros in a wallet of their own."""
        self.box.coinbase.account.pay_in("EUR", Decimal("250.75"))
        return Balance(currency="EUR", cash=Decimal("250.75"))


def _credentials(key: Key) -> Mapping[str, str]:
    return {"key_name": key.name, "private_key": key.secret}


def _lines(key: Key) -> list[str]:
    """What is secret of a private key: not the lines that only say what it is."""
    return [line for line in key.secret.splitlines() if not line.startswith("-----")]
