"""ib_insync against the sandbox: run in its own environment, prints what became of it as JSON.

It gets the port as a JSON object on standard input, and uses nothing of ib_insync but public
names. Every wait is for something that is to come.
"""

import json
import logging
import sys
import time

from ib_insync import (
    IB,
    ComboLeg,
    Contract,
    Forex,
    Future,
    LimitOrder,
    MarketOrder,
    Option,
    Order,
    Stock,
    StopOrder,
)

PATIENCE = 10
FIRST, SECOND = "DU1000001", "DU1000002"


def until(ib, holds):
    """Let the client work until it is so."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        ib.waitOnUpdate(timeout=0.2)


def connected(port, client_id, account=""):
    """One client."""
    ib = IB()
    ib.codes = []
    ib.errorEvent += lambda about, code, *_: ib.codes.append(code)
    ib.connect("127.0.0.1", port, client_id, timeout=PATIENCE, account=account)
    return ib


def placed(ib, contract, order, status):
    """Placed, and as it is to stand."""
    order.account, order.tif = order.account or FIRST, order.tif or "GTC"
    trade = ib.placeOrder(contract, order)
    until(ib, lambda: trade.orderStatus.status == status)
    return trade


def reading(ib):
    """What there is to begin with."""
    tags = {one.tag for one in ib.accountValues(FIRST)}
    (details,) = ib.reqContractDetails(Stock("AAPL", "SMART", "USD"))
    return {
        "version": ib.client.serverVersion(),
        "accounts": ib.managedAccounts(),
        "tags": len(tags),
        "cash": [
            one.value
            for one in ib.accountValues(FIRST)
            if (one.tag, one.currency) == ("CashBalance", "BASE")
        ],
        "name": details.longName,
        "futures": [one.contract.localSymbol for one in ib.reqContractDetails(Future("ES"))],
        "found": [one.contract.symbol for one in ib.reqMatchingSymbols("apple")],
        "chain": [one.strikes for one in ib.reqSecDefOptParams("AAPL", "", "STK", 265598)],
    }


def trading(ib, stock):
    """Previewed, filled, changed, cancelled."""
    state = ib.whatIfOrder(stock, limit("BUY", 10, 200))
    bought = placed(ib, stock, MarketOrder("BUY", 10, orderRef="bg-1"), "Filled")
    until(ib, lambda: bought.fills and bought.fills[0].commissionReport.execId)
    resting = placed(ib, stock, limit("BUY", 10, 200), "Submitted")
    resting.order.lmtPrice = 201
    ib.placeOrder(stock, resting.order)
    ib.reqCurrentTime()
    changed = [one.order.lmtPrice for one in ib.reqAllOpenOrders()]
    ib.cancelOrder(resting.order)
    until(ib, lambda: 202 in ib.codes)
    killed = placed(ib, stock, Order(action="BUY", totalQuantity=1, orderType="LMT",
                                     lmtPrice=1, tif="FOK"), "Inactive")  # fmt: skip
    return {
        "preview": [state.initMarginChange, state.commission],
        "bought": [
            [one.execution.side, one.execution.orderRef, one.commissionReport.commission]
            for one in bought.fills
        ],
        "changed": changed,
        "cancelled": resting.orderStatus.status,
        "killed": killed.orderStatus.status,
        "executions": len(ib.reqExecutions()),
        "completed": sorted(one.orderStatus.status for one in ib.reqCompletedOrders(apiOnly=False)),
    }


def limit(action, quantity, price):
    """A limit order of the first account."""
    return LimitOrder(action, quantity, price, account=FIRST, tif="GTC")


def families(ib, stock):
    """A bracket, a group and a combination."""
    orders = ib.bracketOrder("BUY", 5, 260, 300, 200, account=FIRST, tif="GTC")
    trades = [ib.placeOrder(stock, one) for one in orders]
    until(ib, lambda: trades[2].orderStatus.whyHeld == "trigger")
    waiting = [one.orderStatus.status for one in trades]
    ib.cancelOrder(trades[1].order)
    until(ib, lambda: trades[2].orderStatus.status == "Cancelled")
    group = ib.oneCancelsAll([limit("BUY", 1, 200), limit("BUY", 1, 260)], "one", 1)
    first, second = (ib.placeOrder(stock, one) for one in group)
    until(ib, lambda: first.orderStatus.status == "Cancelled")
    calls = ib.qualifyContracts(
        *(Option("AAPL", "20271217", one, "C", "SMART") for one in (250, 270))
    )
    legs = [
        ComboLeg(conId=one.conId, ratio=1, action=action, exchange="SMART")
        for one, action in zip(calls, ("BUY", "SELL"), strict=True)
    ]
    bag = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
    spread = placed(ib, bag, limit("BUY", 2, 12), "Filled")
    until(ib, lambda: len(spread.fills) == 3)
    return {
        "bracket": waiting,
        "group": [second.orderStatus.status],
        "spread": [[one.execution.side, one.execution.price] for one in spread.fills],
    }


def streaming(ib, port, stock):
    """Prices, gains, another client's order, and the connection that comes back."""
    ticker = ib.reqMktData(stock)
    until(ib, lambda: ticker.last == 250)
    gain = ib.reqPnLSingle(FIRST, "", stock.conId)
    until(ib, lambda: gain.position == 16)
    (pair,) = ib.qualifyContracts(Forex("EURUSD"))
    placed(ib, pair, MarketOrder("BUY", 20000), "Filled")
    until(ib, lambda: any(one.contract.secType == "CASH" for one in ib.positions(FIRST)))
    stop = placed(ib, stock, StopOrder("SELL", 5, 200), "PreSubmitted")
    other = connected(port, 22)
    own = len(working(other))
    seen = [one.order.permId == stop.order.permId for one in other.reqAllOpenOrders()]
    other.disconnect()
    ib.disconnect()
    ib.wrapper.reset()
    ib.connect("127.0.0.1", port, 21, timeout=PATIENCE)
    again = [one.order.permId == stop.order.permId for one in working(ib)]
    return {"seen": seen, "own": own, "again": again, "value": gain.value}


def working(ib):
    """The open ones; the client counts Inactive among them."""
    return [one for one in ib.openTrades() if one.orderStatus.status != "Inactive"]


def main():
    """Do all of it and print."""
    logging.disable()
    port = json.load(sys.stdin)["port"]
    ib = connected(port, 21)
    try:
        stock, found = Stock("AAPL", "SMART", "USD"), {"read": reading(ib)}
        ib.qualifyContracts(stock)
        found["trade"] = trading(ib, stock)
        found["families"] = families(ib, stock)
        found["stream"] = streaming(ib, port, stock)
        found["positions"] = {one.contract.localSymbol: one.position for one in ib.positions(FIRST)}
    finally:
        ib.disconnect()
    json.dump(found, sys.stdout)


main()
