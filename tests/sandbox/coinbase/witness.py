"""Coinbase's own client against the sandbox: run in its own environment, prints what it read.

It gets the addresses and a key as a JSON object on standard input, and uses nothing of
coinbase-advanced-py but constructor arguments, public attributes and public methods.
"""

import json
import logging
import queue
import sys
from urllib.parse import urlsplit

from coinbase.rest import RESTClient
from coinbase.websocket import WSClient, WSUserClient
from requests import HTTPError
from requests.adapters import HTTPAdapter

PRODUCT = "BTC-USD"
END = "2030-01-01T00:00:00Z"


class Plain(HTTPAdapter):
    """The client writes https:// before any host; the sandbox speaks plain HTTP."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def read(client):
    """Everything there is to read."""
    permissions = client.get_api_key_permissions()
    wallets = client.get_accounts(limit=2)
    rest = client.get_accounts(limit=2, cursor=wallets.cursor)
    breakdown = client.get_portfolio_breakdown(permissions.portfolio_uuid, currency="USD")
    product = client.get_product(PRODUCT)
    return {
        "may": [permissions.can_view, permissions.can_trade, permissions.can_transfer],
        "wallets": [one.currency for page in (wallets, rest) for one in page.accounts],
        "wallet": client.get_account(wallets.accounts[0].uuid).account.available_balance["value"],
        "portfolios": [one.name for one in client.get_portfolios().portfolios],
        "positions": sorted(one.asset for one in breakdown.breakdown.spot_positions),
        "products": sorted(one.product_id for one in client.get_products().products),
        "product": [product.base_currency_id, product.price],
        "book": client.get_product_book(PRODUCT).pricebook.bids[0].price,
        "best": client.get_best_bid_ask([PRODUCT]).pricebooks[0].asks[0].price,
        "public": client.get_public_product(PRODUCT).price,
        "time": int(client.get_unix_time().epoch_seconds) > 0,
        "fees": client.get_transaction_summary().fee_tier["taker_fee_rate"],
    }


def trade(client):
    """Orders of every kind, an edit, a preview, cancels, fills and refusals."""
    preview = client.preview_limit_order_gtc_buy(PRODUCT, "0.01", "50000")
    orders = {
        "market": client.market_order_buy("m1", PRODUCT, quote_size="1000"),
        "sale": client.market_order_sell("m2", PRODUCT, base_size="0.001"),
        "limit": client.limit_order_gtc_buy("l1", PRODUCT, "0.01", "50000"),
        "post": client.limit_order_gtc_sell("l2", PRODUCT, "0.001", "200000", post_only=True),
        "date": client.limit_order_gtd_buy("l3", PRODUCT, "0.01", "50000", END),
        "ioc": client.limit_order_ioc_buy("l4", PRODUCT, "0.01", "50000"),
        "fok": client.limit_order_fok_buy("l5", PRODUCT, "0.01", "200000"),
        "stop": client.stop_limit_order_gtc_buy(
            "s1", PRODUCT, "0.01", "151000", "150000", "STOP_DIRECTION_STOP_UP"
        ),
    }
    ids = {name: one.success_response["order_id"] for name, one in orders.items()}
    again = client.limit_order_gtc_buy("l1", PRODUCT, "0.01", "50000")
    changed = client.preview_edit_order(ids["limit"], size="0.02", price="51000")
    edited = client.edit_order(ids["limit"], size="0.02", price="51000")
    became = {name: client.get_order(one).order for name, one in ids.items()}
    listed = [one.order_id for one in client.list_orders(order_status=["OPEN"]).orders]
    canceled = client.cancel_orders([ids["limit"], ids["market"], "nothing"])
    fills = client.get_fills(order_ids=[ids["market"]]).fills
    return {
        "preview": [preview.order_total, preview.errs],
        "became": {name: one.status for name, one in became.items()},
        "again": again.success_response["order_id"] == ids["limit"],
        "edit preview": [changed.order_total, changed.errors],
        "edited": [
            edited.success,
            *became["limit"].order_configuration.limit_limit_gtc.to_dict().values(),
        ],
        "open": len(listed),
        "canceled": [[one.success, one.failure_reason] for one in canceled.results],
        "became canceled": client.get_order(ids["limit"]).order.status,
        "fill": [fills[0].size_in_quote, fills[0].trade_type, len(fills)],
        "refused": refused(client),
    }


def refused(client):
    """How the client reads what is refused: by what it returns, and by what it raises."""
    much = client.limit_order_gtc_buy("r1", PRODUCT, "1000", "50000")
    fine = client.limit_order_gtc_buy("r2", PRODUCT, "0.0000000001", "50000")
    found = {"much": [much.success, much.error_response["error"]], "fine": fine.success}
    for name, ask in {
        "product": lambda: client.limit_order_gtc_buy("r3", "NO-SUCH", "1", "1"),
        "order": lambda: client.get_order("nothing"),
    }.items():
        try:
            ask()
        except HTTPError as error:
            found[name] = error.response.status_code
    return found


def stream(asked, client):
    """What the user channel tells of an order, and a ticker, over sockets of the client's own."""
    told, prices = queue.Queue(), queue.Queue()
    keys = {"api_key": asked["name"], "api_secret": asked["secret"]}
    user = WSUserClient(base_url=asked["user"], on_message=told.put, **keys)
    market = WSClient(base_url=asked["market"], on_message=prices.put)
    user.open()
    user.subscribe([], ["heartbeats", "user"])
    market.open()
    market.subscribe([PRODUCT], ["ticker"])
    ticker = heard(prices, "ticker")
    heard(told, "user")
    client.limit_order_gtc_buy("u1", PRODUCT, "0.01", "200000")
    statuses = []
    while "FILLED" not in statuses:
        statuses += [one["status"] for one in heard(told, "user")["events"][0]["orders"]]
    beat = heard(told, "heartbeats")
    user.close()
    market.close()
    return {
        "ticker": ticker["events"][0]["tickers"][0]["price"],
        "statuses": statuses,
        "beat": beat["events"][0]["heartbeat_counter"] > 0,
    }


def heard(messages, channel):
    """The next message of a channel."""
    while True:
        message = json.loads(messages.get(timeout=20))
        if message.get("channel") == channel:
            return message


def main():
    """Read, trade and stream."""
    logging.disable()
    asked = json.load(sys.stdin)
    client = RESTClient(
        api_key=asked["name"], api_secret=asked["secret"], base_url=urlsplit(asked["rest"]).netloc
    )
    client.session.mount("https://", Plain())
    found = {"read": read(client), "stream": stream(asked, client), "trade": trade(client)}
    json.dump(found, sys.stdout)


main()
