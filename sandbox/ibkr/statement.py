"""Flex statements as XML: trades, cash transactions and transfers of each account of a login.

Attributes as in statements that others recorded (ibflex's samples); dates are `yyyyMMdd`, times
`yyyyMMdd;HHmmss` in New York, which is what a query says unless told otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, tostring

from sandbox.account import Account, Movement, MovementKind
from sandbox.clock import NEW_YORK
from sandbox.ibkr.contracts import Contract
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.placed import Fill
from sandbox.json_text import plain

_KINDS = {
    MovementKind.DEPOSIT: "Deposits/Withdrawals",
    MovementKind.WITHDRAWAL: "Deposits/Withdrawals",
    MovementKind.DIVIDEND: "Dividends",
    MovementKind.INTEREST: "Broker Interest Received",
    MovementKind.FEE: "Other Fees",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Positions that came from elsewhere; `value` in their currency."""

    symbol: str
    quantity: Decimal
    value: Decimal
    at: datetime


def ordered(reference: str, url: str, at: datetime) -> str:
    """That a statement is being made."""
    root = _response("Success", at)
    SubElement(root, "ReferenceCode").text = reference
    SubElement(root, "Url").text = url
    return tostring(root, encoding="unicode")


def refused(status: str, code: int, message: str, at: datetime) -> str:
    """That it is not."""
    root = _response(status, at)
    SubElement(root, "ErrorCode").text = str(code)
    SubElement(root, "ErrorMessage").text = message
    return tostring(root, encoding="unicode")


def activity(gateway: Gateway, transfers: Mapping[str, Sequence[Transfer]], at: datetime) -> str:
    """The activity of all accounts of a login since they were opened."""
    root = Element("FlexQueryResponse", queryName="Sandbox", type="AF")
    statements = SubElement(root, "FlexStatements", count=str(len(gateway.accounts)))
    for number, account in gateway.accounts.items():
        one = SubElement(
            statements,
            "FlexStatement",
            accountId=number,
            fromDate=_day(account.opened),
            toDate=_day(at),
            period="Last365CalendarDays",
            whenGenerated=_time(at),
        )
        _add(one, "Trades", "Trade", _trades(gateway, account))
        _add(one, "CashTransactions", "CashTransaction", _cash(gateway, account))
        _add(one, "Transfers", "Transfer", _transfers(gateway, number, transfers.get(number, ())))
    return tostring(root, encoding="unicode")


def _response(status: str, at: datetime) -> Element:
    shown = at.astimezone(NEW_YORK)
    root = Element("FlexStatementResponse", timestamp=f"{shown:%d %B, %Y %I:%M %p} EST")
    SubElement(root, "Status").text = status
    return root


def _add(parent: Element, name: str, row: str, rows: Iterator[dict[str, str]]) -> None:
    listed = SubElement(parent, name)
    for attributes in rows:
        SubElement(listed, row, attributes)


def _trades(gateway: Gateway, account: Account) -> Iterator[dict[str, str]]:
    """Executions, oldest first; a combination shows by its legs alone."""
    for fill in gateway.fills.all:
        if fill.placed.account is account and not fill.combination:
            yield _trade(gateway, fill)


def _trade(gateway: Gateway, fill: Fill) -> dict[str, str]:
    one, contract = fill.execution, fill.contract
    signed = one.quantity * one.side.sign
    multiplier = gateway.exchange.market.instruments[one.symbol].multiplier
    proceeds = -signed * one.price * multiplier
    return _contract(gateway, fill.placed.account.number, contract) | {
        "tradeID": _serial(one.id),
        "transactionID": _serial(one.id),
        "ibOrderID": str(fill.placed.perm_id),
        "ibExecID": fill.id,
        "orderReference": fill.placed.asked.text("orderRef"),
        "dateTime": _time(one.at),
        "tradeDate": _day(one.at),
        "reportDate": _day(one.at),
        "transactionType": "ExchTrade",
        "exchange": contract.exchange,
        "buySell": one.side.value,
        "quantity": plain(signed),
        "tradePrice": plain(one.price),
        "tradeMoney": plain(-proceeds),
        "proceeds": plain(proceeds),
        "taxes": "0",
        "ibCommission": plain(-one.commission),
        "ibCommissionCurrency": "USD",
        "netCash": plain(proceeds - one.commission),
        "fifoPnlRealized": plain(fill.realized or Decimal(0)),
        "openCloseIndicator": "O" if fill.realized is None else "C",
        "levelOfDetail": "EXECUTION",
    }


def _cash(gateway: Gateway, account: Account) -> Iterator[dict[str, str]]:
    """Deposits, dividends, interest and fees."""
    for one in account.movements:
        yield _movement(gateway, account, one)


def _movement(gateway: Gateway, account: Account, one: Movement) -> dict[str, str]:
    contract = gateway.catalog.by_symbol[one.symbol] if one.symbol else None
    about = (
        {"accountId": account.number, "currency": "USD", "fxRateToBase": "1", "symbol": ""}
        if contract is None
        else _contract(gateway, account.number, contract)
    )
    return about | {
        "type": _KINDS[one.kind],
        "amount": plain(one.amount),
        "dateTime": _time(one.at),
        "settleDate": _day(one.at),
        "reportDate": _day(one.at),
        "transactionID": _serial(one.id),
        "description": _KINDS[one.kind].upper(),
        "levelOfDetail": "DETAIL",
    }


def _transfers(gateway: Gateway, number: str, rows: Sequence[Transfer]) -> Iterator[dict[str, str]]:
    for index, one in enumerate(rows):
        yield _contract(gateway, number, gateway.catalog.by_symbol[one.symbol]) | {
            "type": "ACATS",
            "direction": "IN" if one.quantity > 0 else "OUT",
            "company": "--",
            "date": _day(one.at),
            "dateTime": _time(one.at),
            "quantity": plain(one.quantity),
            "transferPrice": "0",
            "positionAmount": plain(one.value),
            "cashTransfer": "0",
            "transactionID": f"T{index:07}",
        }


def _contract(gateway: Gateway, number: str, one: Contract) -> dict[str, str]:
    """What each row says of whose it is, and of what."""
    market = gateway.exchange.market
    rate = market.rate(one.currency) / market.rate(gateway.bases[number])
    strike = plain(one.strike) if one.strike else ""
    return {
        "accountId": number,
        "currency": one.currency,
        "fxRateToBase": f"{rate:.5f}",
        "assetCategory": one.sec_type,
        "symbol": one.local_symbol,
        "description": one.long_name,
        "conid": str(one.con_id),
        "listingExchange": one.exchange,
        "underlyingSymbol": one.under_symbol,
        "multiplier": one.multiplier or "1",
        "strike": strike,
        "expiry": one.last_trade_date,
        "putCall": one.right,
    }


def _serial(id: str) -> str:
    return str(int(id[:8], 16))


def _day(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y%m%d}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y%m%d;%H%M%S}"
