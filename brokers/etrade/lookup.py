"""What E*TRADE trades: names looked up, and contracts on an underlying."""

from collections.abc import Sequence
from decimal import Decimal

from brokers.etrade.client import Client
from brokers.etrade.quotes import batches, contracts, looked_up, marks
from brokers.etrade.symbols import symbol_of
from domain.errors import InstrumentNotFound, Refused
from domain.instrument import AssetClass, Instrument
from domain.ticket_options import Increments

_LOOKUP = "/v1/market/lookup/{search}"
_CHAINS = "/v1/market/optionchains"
_QUOTE = "/v1/market/quote/{symbols}"
_MOST = 100
_OF_SHARES = frozenset({AssetClass.EQUITY, AssetClass.ETF})


class Lookup:
    """Searches; nothing is kept, as E*TRADE answers at once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def search(self, search: str, asset_class: AssetClass | None) -> Sequence[Instrument]:
        """Options by their underlying's symbol, anything else by symbol or name."""
        if asset_class is AssetClass.OPTION:
            return await self._contracts(search.strip().upper())
        body = await self._client.read("lookup", _LOOKUP, search=search)
        found = looked_up(body)
        wanted = {asset_class} | (_OF_SHARES if asset_class in _OF_SHARES else frozenset())
        return tuple(one for one in found if asset_class is None or one.asset_class in wanted)[
            :_MOST
        ]

    async def increments(self, instrument: Instrument) -> Increments:
        """Whole units, but of funds; InstrumentNotFound if there is no quote for it."""
        for batch in batches([instrument]):
            symbols = symbol_of(instrument)
            body = await self._client.read("quote", _QUOTE, {"detailFlag": "ALL"}, symbols=symbols)
            if marks(body, batch):
                return _increments(instrument)
        raise InstrumentNotFound(f"E*TRADE has no quote for {instrument.symbol}")

    async def _contracts(self, underlying: str) -> Sequence[Instrument]:
        """Those that end next; that there are none is no error here."""
        try:
            body = await self._client.read("chains", _CHAINS, {"symbol": underlying})
        except Refused as error:
            if error.broker_code not in {"10031", "10032", "10033"}:
                raise
            return ()
        return contracts(body)[:_MOST]


def _increments(instrument: Instrument) -> Increments:
    fund = instrument.asset_class in {AssetClass.MUTUAL_FUND, AssetClass.MONEY_MARKET}
    whole = None if fund else Decimal(1)
    return Increments(tradable=None, fractional=fund, lot=whole, minimum=whole)
