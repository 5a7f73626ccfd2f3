"""Alpaca's own client as a second reader: run in its own environment, it prints what it read.

It gets `credentials` and `endpoints` as a JSON object on standard input, and reads only. The form
of what it prints is that of brokers/testimony.py. Why it failed is told by the kind of error alone:
the words of an error may hold what no log should.
"""

import json
import signal
import sys
from decimal import Decimal

from alpaca.common.enums import Sort
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.requests import GetOrdersRequest

# The client has no time limit of its own: whoever started this may be gone.
SECONDS = 90
PAGE = 500
# Longest first.
QUOTES = ("USDT", "USDC", "USD", "BTC")
CLASSES = {"us_equity": "EQUITY", "us_option": "OPTION", "crypto": "CRYPTO"}
ENDED = {"filled", "canceled", "expired", "rejected", "replaced"}


def text(value):
    """A decimal string; the client's models have text, or a float where Alpaca sends a number."""
    return None if value is None else str(value)


def position(number, one):
    """A position; a coin is held as the coin, not as the pair, and a short one is negative."""
    kind, quantity = one.asset_class.value, abs(Decimal(one.qty))
    figures = one.usd or one
    return {
        "account": number,
        "asset_class": CLASSES.get(kind, "OTHER"),
        "symbol": coin(one.symbol) if kind == "crypto" else one.symbol,
        "quantity": str(-quantity if one.side.value == "short" else quantity),
        "average_cost": text(figures.avg_entry_price),
        "price": text(figures.current_price),
    }


def coin(symbol):
    """BTC of BTCUSD and of BTC/USD."""
    plain = symbol.replace("/", "")
    return next((plain.removesuffix(q) for q in QUOTES if plain.endswith(q) and plain != q), plain)


def order(number, one):
    """An open order; what a combination has none of is left out, and so is a stop that trails."""
    found = {
        "account": number,
        "id": str(one.id),
        "submitted_at": one.submitted_at.isoformat() if one.submitted_at else None,
        "notional": text(one.notional),
        "limit_price": text(one.limit_price),
        "trail_amount": text(one.trail_price),
        "trail_percent": text(one.trail_percent),
    }
    if one.qty is not None:
        found["leaves_quantity"] = str(Decimal(str(one.qty)) - Decimal(str(one.filled_qty or 0)))
    if one.symbol and one.side:
        found |= {"symbol": one.symbol, "side": one.side.value.upper()}
    if one.trail_price is None and one.trail_percent is None:
        found["stop_price"] = text(one.stop_price)
    return found


def open_orders(client):
    """All pages, newest first, with the legs that are still open; each once."""
    found, until = {}, None
    while True:
        page = client.get_orders(
            GetOrdersRequest(
                status=QueryOrderStatus.OPEN,
                limit=PAGE,
                until=until,
                direction=Sort.DESC,
                nested=True,
            )
        )
        family = [one for head in page for one in (head, *(head.legs or ()))]
        fresh = {one.id: one for one in family if one.status.value not in ENDED}
        if len(family) < PAGE or fresh.keys() <= found.keys():
            return (found | fresh).values()
        found |= fresh
        until = page[-1].submitted_at


def testimony(client):
    """Everything that is compared."""
    account = client.get_account()
    number = account.account_number
    return {
        "accounts": [{"account": number, "currency": account.currency}],
        "balances": [{"account": number, "currency": account.currency, "cash": text(account.cash)}],
        "positions": [position(number, one) for one in client.get_all_positions()],
        "orders": [order(number, one) for one in open_orders(client)],
    }


def main():
    """Read and print."""
    signal.alarm(SECONDS)
    asked = json.load(sys.stdin)
    keys = asked["credentials"]
    try:
        client = TradingClient(
            api_key=keys.get("key_id"),
            secret_key=keys.get("secret"),
            oauth_token=keys.get("access_token"),
            url_override=asked["endpoints"]["trading"].rstrip("/"),
        )
        json.dump(testimony(client), sys.stdout)
    except Exception as error:  # noqa: BLE001 (told by its kind)
        json.dump({"failed": type(error).__name__}, sys.stdout)


main()
