"""The community's own client as a second reader: run in its own environment, it prints its reading.

It gets `credentials` (the Gateway's name, an account) and `endpoints` (where Gateways are) as a
JSON object on standard input, and reads only. The form of what it prints is that of
brokers/testimony.py. Why it failed is told by the kind of error alone: the words of an error may
hold what no log should.
"""

import json
import logging
import math
import signal
import sys
from decimal import Decimal
from urllib.parse import urlsplit

from ib_insync import IB

SECONDS = 90
HANDSHAKE = 5
PRICES = 3
# Of the ids that a Gateway's other programs rarely use; the next one where one is taken.
CLIENT_IDS = range(971, 976)
CLIENT_ID_IN_USE = 326
UNSET = 1e300
CLASSES = {
    "STK": "EQUITY",
    "OPT": "OPTION",
    "FUT": "FUTURE",
    "CONTFUT": "FUTURE",
    "FOP": "FUTURE_OPTION",
    "CASH": "FX",
    "BOND": "BOND",
    "BILL": "BOND",
    "FUND": "MUTUAL_FUND",
    "IND": "INDEX",
    "CFD": "CFD",
    "CRYPTO": "CRYPTO",
    "WAR": "WARRANT",
    "CMDTY": "COMMODITY",
}
LIMITED = {"LMT", "LOC", "STP LMT", "LIT"}
STOPPED = {"STP", "STP LMT", "MIT", "LIT"}
ENDED = {"Filled", "Cancelled", "ApiCancelled", "Inactive"}
FINE = Decimal("1e-9")


def decimal(value):
    """The client has floats; the shortest text that is the same float is what was on the wire."""
    if value is None or math.isnan(value) or abs(value) > UNSET:
        return None
    return Decimal(repr(value))


def text(value):
    """A decimal string, or null."""
    found = decimal(value)
    return None if found is None else f"{found:f}"


def ratio(amount, size):
    """A quotient to the ninth decimal."""
    found = decimal(amount)
    return None if found is None or not size else f"{(found / size).quantize(FINE).normalize():f}"


def symbol(contract):
    """As it is kept here, without the padding of options."""
    kind = contract.secType
    if kind == "STK":
        return contract.symbol.replace(" ", ".")
    if kind == "CASH":
        return f"{contract.symbol}/{contract.currency}"
    if kind in {"CRYPTO", "IND", "CFD"}:
        return contract.symbol
    return (contract.localSymbol or contract.symbol or str(contract.conId)).replace(" ", "")


def multiplier(contract):
    """How many units one of it is."""
    usual = 100 if contract.secType in {"OPT", "FOP"} else 1
    return Decimal(contract.multiplier or usual)


def rows(ib, account, tag):
    """Its values of one kind, by currency and without their sum."""
    return {
        one.currency: one.value
        for one in ib.accountValues(account)
        if one.tag == tag and one.currency not in {"", "BASE"}
    }


def balances(ib, account, base):
    """Cash by currency; of one without any only the account's own."""
    found = rows(ib, account, "CashBalance") | rows(ib, account, "TotalCashBalance")
    return [
        {"account": account, "currency": currency, "cash": cash}
        for currency, cash in found.items()
        if currency == base or Decimal(cash)
    ]


def valued(ib, positions):
    """What each position is worth, where that is told in time."""
    told = [ib.reqPnLSingle(one.account, "", one.contract.conId) for one in positions]
    for _ in range(PRICES * 10):
        if all(one.value == one.value for one in told):
            break
        ib.waitOnUpdate(timeout=0.1)
    return [one.value for one in told]


def position(one, value):
    """A position; a coin is held as the coin, and a unit's cost is without the multiplier."""
    kind, quantity = one.contract.secType, decimal(one.position)
    size = multiplier(one.contract)
    return {
        "account": one.account,
        "asset_class": CLASSES.get(kind, "OTHER"),
        "symbol": symbol(one.contract),
        "quantity": text(one.position),
        "average_cost": ratio(one.avgCost, size),
        "price": ratio(value, size * quantity),
    }


def order(trade):
    """An open order; what a combination has none of is left out, and so is a stop that trails."""
    asked, kind = trade.order, trade.order.orderType
    trails, percent = kind.startswith("TRAIL"), decimal(asked.trailingPercent)
    found = {
        "account": asked.account,
        "id": str(asked.permId),
        "side": asked.action,
        "leaves_quantity": text(trade.orderStatus.remaining),
    }
    if kind != "TRAIL LIMIT":
        found["limit_price"] = text(asked.lmtPrice) if kind in LIMITED else None
    if not trails:
        found["stop_price"] = text(asked.auxPrice) if kind in STOPPED else None
    found["trail_amount"] = text(asked.auxPrice) if trails and not percent else None
    found["trail_percent"] = text(asked.trailingPercent) if trails and percent else None
    if trade.contract.secType != "BAG":
        found["symbol"] = traded(trade.contract)
    return found


def traded(contract):
    """Of crypto it is the pair that is traded."""
    if contract.secType == "CRYPTO":
        return f"{contract.symbol}/{contract.currency}"
    return symbol(contract)


def testimony(ib, wanted):
    """Everything that is compared."""
    accounts = [one for one in ib.managedAccounts() if wanted in {"", one}]
    bases = {one: next(iter(rows(ib, one, "NetLiquidation"))) for one in accounts}
    held = [one for one in ib.positions() if one.account in accounts and one.position]
    ib.reqAllOpenOrders()
    trades = [
        one
        for one in ib.trades()
        if one.order.account in accounts and one.orderStatus.status not in ENDED
    ]
    return {
        "accounts": [{"account": one, "currency": base} for one, base in bases.items()],
        "balances": [row for one, base in bases.items() for row in balances(ib, one, base)],
        "positions": list(map(position, held, valued(ib, held))),
        "orders": list(map(order, trades)),
    }


def connected(address):
    """A client of the Gateway that may read and no more."""
    for number in CLIENT_IDS:
        ib, heard = IB(), []
        ib.errorEvent += lambda _, code, *__, heard=heard: heard.append(code)
        try:
            ib.connect(address.hostname, address.port, number, timeout=HANDSHAKE, readonly=True)
        except TimeoutError:
            if CLIENT_ID_IN_USE not in heard:
                raise
        else:
            return ib
    raise ConnectionRefusedError("no client id is free")


def main():
    """Read and print."""
    signal.alarm(SECONDS)
    logging.disable()
    asked = json.load(sys.stdin)
    keys = asked["credentials"]
    try:
        ib = connected(urlsplit(asked["endpoints"][keys.get("gateway") or "gateway"]))
        found = testimony(ib, keys.get("account") or "")
        ib.disconnect()
        json.dump(found, sys.stdout)
    except Exception as error:  # noqa: BLE001 (told by its kind)
        json.dump({"failed": type(error).__name__}, sys.stdout)


main()
