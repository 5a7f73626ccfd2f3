"""Alpaca's own client against the sandbox: run in its own environment, prints what it read as JSON.

It gets the addresses and keys as a JSON object on standard input, and uses nothing of alpaca-py
but constructor arguments and public attributes.
"""

import json
import queue
import sys
import threading
import time

from alpaca.common.exceptions import APIError
from alpaca.data.historical import (
    CryptoHistoricalDataClient,
    OptionHistoricalDataClient,
    StockHistoricalDataClient,
)
from alpaca.data.requests import (
    CryptoLatestQuoteRequest,
    CryptoSnapshotRequest,
    OptionLatestQuoteRequest,
    OptionSnapshotRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOptionContractsRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    OptionLegRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)
from alpaca.trading.stream import TradingStream

CALL, OTHER_CALL = "AAPL271217C00250000", "AAPL271217C00270000"
DAY = {"side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}
ORDERS = {
    "stop": StopOrderRequest(symbol="MSFT", qty=1, stop_price=600, **DAY),
    "trail": TrailingStopOrderRequest(symbol="MSFT", qty=1, trail_percent=5, **DAY),
    "bracket": MarketOrderRequest(
        symbol="AAPL",
        qty=1,
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfitRequest(limit_price=400),
        stop_loss=StopLossRequest(stop_price=100),
        **DAY,
    ),
    "spread": MarketOrderRequest(
        qty=1,
        order_class=OrderClass.MLEG,
        time_in_force=TimeInForce.DAY,
        legs=[
            OptionLegRequest(symbol=CALL, ratio_qty=1, side=OrderSide.BUY),
            OptionLegRequest(symbol=OTHER_CALL, ratio_qty=1, side=OrderSide.SELL),
        ],
    ),
    "money": MarketOrderRequest(symbol="SPY", notional=100.5, **DAY),
}


def read(client):
    """Everything there is to read."""
    contracts = client.get_option_contracts(GetOptionContractsRequest(underlying_symbols=["AAPL"]))
    history = client.get_portfolio_history(GetPortfolioHistoryRequest(period="1M"))
    return {
        "account": client.get_account().account_number,
        "configuration": client.get_account_configurations().trade_confirm_email.value,
        "positions": {one.symbol: one.qty for one in client.get_all_positions()},
        "position": client.get_open_position("AAPL").qty,
        "coin": client.get_open_position("BTC/USD").qty,
        "open orders": len(client.get_orders()),
        "all orders": len(
            client.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500, nested=True))
        ),
        "asset": client.get_asset("AAPL").name,
        "assets": len(client.get_all_assets(GetAssetsRequest())),
        "contracts": sorted(one.symbol for one in contracts.option_contracts),
        "contract": client.get_option_contract(CALL).strike_price,
        "open": client.get_clock().is_open,
        "calendar": len(
            client.get_calendar(GetCalendarRequest(start="2026-11-20", end="2026-11-24"))
        ),
        "history": len(history.equity),
        "activities": len(client.get("/account/activities", {"activity_types": "FILL"})),
    }


def trade(client):
    """Orders of every class, a replacement, cancels and closes; what became of each."""
    limit = LimitOrderRequest(
        symbol="MSFT", qty=2, limit_price=400.25, client_order_id="mine", **DAY
    )
    resting = client.submit_order(limit)
    replaced = client.replace_order_by_id(resting.id, ReplaceOrderRequest(qty=3, limit_price=401))
    client.cancel_order_by_id(replaced.id)
    placed = {name: client.submit_order(order) for name, order in ORDERS.items()}
    placed |= {"resting": resting, "replaced": replaced}
    became = {name: client.get_order_by_id(one.id) for name, one in placed.items()}
    half = client.close_position("NVDA", ClosePositionRequest(percentage="50"))
    return {
        "became": {name: one.status.value for name, one in became.items()},
        "legs": [one.status.value for one in became["bracket"].legs],
        "by client id": client.get_order_by_client_id("mine").id == resting.id,
        "half": half.qty,
        "cancelled": sorted({one.status for one in client.cancel_orders()}),
        "closed": sorted({one.status for one in client.close_all_positions(cancel_orders=True)}),
        "left": len(client.get_all_positions()),
        "refused": refusals(client),
    }


def refusals(client):
    """How the client reads what is refused."""
    found = {}
    asked = {
        "duplicate": MarketOrderRequest(symbol="AAPL", qty=1, client_order_id="mine", **DAY),
        "too much": MarketOrderRequest(symbol="AAPL", qty=100_000, **DAY),
        "sub-penny": LimitOrderRequest(symbol="AAPL", qty=1, limit_price=290.123, **DAY),
    }
    for name, order in asked.items():
        try:
            client.submit_order(order)
        except APIError as error:
            found[name] = [error.status_code, error.code]
    return found


def prices(asked):
    """The latest prices of each kind."""
    keys = (asked["key"], asked["secret"])
    stocks = StockHistoricalDataClient(*keys, url_override=asked["market"])
    coins = CryptoHistoricalDataClient(*keys, url_override=asked["market"])
    options = OptionHistoricalDataClient(*keys, url_override=asked["market"])
    stock = {"symbol_or_symbols": ["AAPL"]}
    coin = {"symbol_or_symbols": ["BTC/USD"]}
    option = {"symbol_or_symbols": [CALL]}
    return {
        "stock": stocks.get_stock_latest_quote(StockLatestQuoteRequest(**stock))["AAPL"].ask_price,
        "trade": stocks.get_stock_latest_trade(StockLatestTradeRequest(**stock))["AAPL"].price,
        "day": stocks.get_stock_snapshot(StockSnapshotRequest(**stock))["AAPL"].daily_bar.close,
        "coin": coins.get_crypto_latest_quote(CryptoLatestQuoteRequest(**coin))[
            "BTC/USD"
        ].ask_price,
        "coin day": coins.get_crypto_snapshot(CryptoSnapshotRequest(**coin))[
            "BTC/USD"
        ].daily_bar.close,
        "option": options.get_option_latest_quote(OptionLatestQuoteRequest(**option))[
            CALL
        ].ask_price,
        "option last": options.get_option_snapshot(OptionSnapshotRequest(**option))[
            CALL
        ].latest_trade.price,
    }


def stream(client, asked):
    """The trade updates of one coin order, bought once the stream is seen to speak."""
    updates = TradingStream(asked["key"], asked["secret"], url_override=asked["stream"])
    heard = queue.Queue()

    async def hear(update):
        heard.put([getattr(update.event, "value", update.event), update.order.symbol, update.qty])

    updates.subscribe_trade_updates(hear)
    threading.Thread(target=updates.run, daemon=True).start()
    rest_until_heard(client, heard)
    client.submit_order(
        MarketOrderRequest(
            symbol="BTC/USD", qty=0.25, side=OrderSide.BUY, time_in_force=TimeInForce.GTC
        )
    )
    found = []
    while not found or found[-1][0] != "fill":
        found.append(heard.get(timeout=20))
    updates.stop()
    return [one for one in found if one[1] == "BTCUSD"]


def rest_until_heard(client, heard):
    """The client does not say when it listens: place and cancel until it is heard of."""
    while heard.empty():
        limit = LimitOrderRequest(symbol="SPY", qty=1, limit_price=100, **DAY)
        client.cancel_order_by_id(client.submit_order(limit).id)
        time.sleep(0.02)


def main():
    """Read, trade, price and stream."""
    asked = json.load(sys.stdin)
    client = TradingClient(asked["key"], asked["secret"], url_override=asked["trading"])
    bearer = TradingClient(oauth_token=asked["token"], url_override=asked["trading"])
    found = {
        "read": read(client),
        "token": bearer.get_account().account_number,
        "prices": prices(asked),
        "stream": stream(client, asked),
        "trade": trade(client),
    }
    json.dump(found, sys.stdout, default=str)


main()
