"""Which contract an instrument is: asked once, then known; never guessed where several fit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from brokers.ibkr import library, said
from brokers.ibkr.contracts import described, instrument_of, route, wanted
from brokers.ibkr.link import Link
from domain.errors import InstrumentNotFound, InvalidTicket, Unreachable
from domain.ids import InstrumentId
from domain.instrument import AssetClass, Instrument

_MOST = 20_000
_CHOICES = 8
_PLAIN = frozenset({"OPT", "CASH", "CRYPTO", "CFD"})


class Catalog:
    """The contracts that one line has met, by instrument and by Interactive Brokers' number."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._by_instrument: dict[InstrumentId, said.Details] = {}
        self._by_number: dict[int, said.Details] = {}

    async def details(self, instrument: Instrument) -> said.Details:
        """Of the one contract that it is.

        InstrumentNotFound if there is none; InvalidTicket names the choices if there are several.
        """
        known = self._by_instrument.get(instrument.id)
        if known is None:
            asked = wanted(instrument)
            found = await self._ask(asked)
            if not found and asked.local_symbol:
                # A person may have named the root of a series, which is to be chosen from.
                found = await self._ask(replace(asked, local_symbol="", symbol=asked.local_symbol))
            known = self._only(instrument, found)
            self._keep(known)
            self._by_instrument[instrument.id] = known
        return known

    async def numbered(self, con_id: int) -> said.Details:
        """Of the contract with this number."""
        if con_id not in self._by_number:
            found = await self._ask(said.Contract(con_id=con_id))
            if not found:
                raise InstrumentNotFound(f"Interactive Brokers has no contract {con_id}")
            self._keep(found[0])
        return self._by_number[con_id]

    async def instrument(self, contract: said.Contract) -> Instrument:
        """What a contract is, the same whichever message mentions it.

        Messages name different exchanges of one contract, so where the name or the worth depends on
        that, its details decide.
        """
        if contract.con_id and not _speaks_for_itself(contract):
            try:
                return _named(await self.numbered(contract.con_id))
            except InstrumentNotFound:
                pass  # expired or delisted: what the message says is all that there is
        return instrument_of(contract)

    async def search(self, text: str, asset_class: AssetClass | None) -> Sequence[Instrument]:
        """Stocks and the like that are called so, or the contracts on an underlying.

        Options are those of the next expiry, or of the one that is named: `AAPL 2027-12`.
        """
        if asset_class in {None, AssetClass.EQUITY, AssetClass.ETF, AssetClass.INDEX}:
            return await self._matches(text, asset_class)
        name, _, day = text.strip().upper().partition(" ")
        probe = Instrument(asset_class=asset_class, symbol=name.partition("/")[0], currency="")
        asked = wanted(probe)
        asked = replace(asked, local_symbol="", symbol=asked.local_symbol or asked.symbol)
        month = day.replace("-", "")
        if asset_class is AssetClass.OPTION:
            asked = replace(asked, last_trade_date=await self._expiry(name, month))
        elif asset_class is AssetClass.FUTURE_OPTION:
            if not month:
                raise InstrumentNotFound(f"name the month as well: {name} 2027-03")
            asked = replace(asked, last_trade_date=month)
        found = await self._ask(replace(asked, exchange=""))
        for one in found:
            self._keep(one)
        return tuple(_named(one) for one in found)

    async def _expiry(self, symbol: str, day: str) -> str:
        """The first expiry of options on a stock that begins so: all of them are thousands."""
        stock = Instrument(asset_class=AssetClass.EQUITY, symbol=symbol, currency="USD")
        under = (await self.details(stock)).contract
        words = await self._link.ask(
            "expiries",
            "REQ_SEC_DEF_OPT_PARAMS",
            lambda client, number: client.reqSecDefOptParams(
                number, under.symbol, "", under.sec_type, under.con_id
            ),
        )
        days = {one for word in words if isinstance(word, said.Expiries) for one in word.days}
        found = sorted(one for one in days if one.startswith(day))
        if not found:
            raise InstrumentNotFound(f"there are no options on {symbol} that end then")
        return found[0]

    async def _matches(self, text: str, asset_class: AssetClass | None) -> Sequence[Instrument]:
        words = await self._link.ask(
            "matching_symbols",
            "REQ_MATCHING_SYMBOLS",
            lambda client, number: client.reqMatchingSymbols(number, text),
        )
        found = [
            replace(instrument_of(word.contract), name=word.name or None)
            for word in words
            if isinstance(word, said.Match)
        ]
        kinds = {AssetClass.EQUITY if asset_class is AssetClass.ETF else asset_class}
        return tuple(one for one in found if asset_class is None or one.asset_class in kinds)

    async def _ask(self, contract: said.Contract) -> list[said.Details]:
        asked = as_library(contract)
        try:
            words = await self._link.ask(
                "contract_details",
                "REQ_CONTRACT_DETAILS",
                lambda client, number: client.reqContractDetails(number, asked),
            )
        except InstrumentNotFound as unknown:
            if self._link.doubts_contracts:
                raise Unreachable("the Gateway cannot look up contracts at the moment") from unknown
            return []
        return [word for word in words if isinstance(word, said.Details)]

    def _only(self, instrument: Instrument, found: Sequence[said.Details]) -> said.Details:
        if not found:
            message = f"Interactive Brokers knows no {instrument.symbol} in {instrument.currency}"
            raise InstrumentNotFound(message)
        same = [one for one in found if _named(one).id == instrument.id]
        if len(found) == 1 or len(same) == 1:
            return same[0] if len(same) == 1 else found[0]
        choices = "; ".join(described(one.contract) for one in found[:_CHOICES])
        raise InvalidTicket(f"{instrument.symbol} is several contracts, choose one: {choices}")

    def _keep(self, details: said.Details) -> None:
        if len(self._by_number) >= _MOST:
            self._by_number.clear()
            self._by_instrument.clear()
        self._by_number[details.contract.con_id] = details
        self._by_instrument[_named(details).id] = details


def _speaks_for_itself(contract: said.Contract) -> bool:
    """Whether every message names it alike and its prices are in whole units of its currency."""
    return contract.sec_type in _PLAIN or (contract.sec_type, contract.currency) == ("STK", "USD")


def _named(details: said.Details) -> Instrument:
    found = instrument_of(details.contract, details.magnifier)
    return replace(found, name=details.long_name or None)


def as_library(contract: said.Contract) -> Any:
    """What the library sends for a contract."""
    return library.Contract(
        conId=contract.con_id,
        symbol=contract.symbol,
        secType=contract.sec_type,
        lastTradeDateOrContractMonth=contract.last_trade_date,
        strike="0" if contract.strike is None else format(contract.strike, "f"),
        right=contract.right,
        multiplier=contract.multiplier,
        exchange=contract.exchange,
        primaryExchange=contract.primary_exchange,
        currency=contract.currency,
        localSymbol=contract.local_symbol,
        tradingClass=contract.trading_class,
    )


def tradable(details: said.Details) -> Any:
    """What the library sends for a contract that is to be traded or priced."""
    contract = details.contract
    return as_library(
        said.Contract(
            con_id=contract.con_id,
            symbol=contract.symbol,
            sec_type=contract.sec_type,
            currency=contract.currency,
            exchange=route(contract),
        )
    )
