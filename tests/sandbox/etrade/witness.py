"""pyetrade against the sandbox: run in its own environment, prints what it read as JSON.

It gets the address and the app's keys as a JSON object on standard input, and uses nothing of
pyetrade but constructor arguments and public attributes and methods.
"""

import json
import logging
import sys
from urllib.parse import quote
from urllib.request import Request, urlopen

from pyetrade import ETradeAccessManager, ETradeAccounts, ETradeMarket, ETradeOAuth, ETradeOrder

MINE = {"symbol": "AAPL", "orderTerm": "GOOD_FOR_DAY", "marketSession": "REGULAR", "quantity": 3}
OPTION = {
    "symbol": "AAPL",
    "callPut": "CALL",
    "expiryDate": "2027-12-17",
    "strikePrice": 250,
    "orderAction": "BUY_OPEN",
    "priceType": "MARKET",
    "quantity": 1,
    "orderTerm": "GOOD_FOR_DAY",
    "marketSession": "REGULAR",
}


def sign_in(url, key, secret):
    """The three legs: the person accepts by pressing the page's button."""
    client = ETradeOAuth(key, secret)
    client.req_token_url = f"{url}/oauth/request_token"
    client.access_token_url = f"{url}/oauth/access_token"
    client.auth_token_url = f"{url}/e/t/etws/authorize"
    # The client leaves the token as it is in the page's address.
    token = client.get_request_token().partition("&token=")[2]
    form = f"key={quote(key)}&token={quote(token, safe='')}&decision=accept"
    page = Request(f"{url}/e/t/etws/authorize", data=form.encode(), method="POST")  # noqa: S310 (loopback)
    with urlopen(page) as answer:  # noqa: S310 (loopback)
        code = answer.read().decode().split('value="')[1].split('"')[0]
    tokens = client.get_access_token(code)
    return key, secret, tokens["oauth_token"], tokens["oauth_token_secret"]


def read(accounts, market, key):
    """Everything there is to read, in both forms."""
    portfolio = accounts.get_account_portfolio(key, lots_required=True, resp_format="json")
    listed = portfolio["PortfolioResponse"]["AccountPortfolio"][0]["Position"]
    balance = accounts.get_account_balance(key)["BalanceResponse"]
    rows = accounts.list_transactions(key, resp_format="json")["TransactionListResponse"]
    quotes = market.get_quote(["AAPL", "AAPL:2027:12:17:CALL:250"], resp_format="json")
    return {
        "held": {one["Product"]["symbol"]: one["quantity"] for one in listed},
        "lots": accounts.get_portfolio_position_lot("NVDA", key)["PositionLotsResponse"],
        "cash": balance["Computed"]["cashBalance"],
        "transactions": len(rows["Transaction"]),
        "quotes": [one["All"]["lastTrade"] for one in quotes["QuoteResponse"]["QuoteData"]],
        "found": market.look_up_product("apple", resp_format="json")["LookupResponse"]["Data"],
        "chain": len(
            market.get_option_chains("AAPL", None, resp_format="json")["OptionChainResponse"][
                "OptionPair"
            ]
        ),
    }


def statuses(orders, key):
    """What has become of every order."""
    listed = orders.list_orders(key, count=100, market_session=None)["OrdersResponse"]["Order"]
    return {str(one["orderId"]): one["OrderDetail"][0]["status"] for one in listed}


def trade(orders, key):
    """Preview, place, fill, change and cancel; and how refusals read."""
    limit = {"accountIdKey": key, "orderAction": "BUY", "priceType": "LIMIT", **MINE}
    market = {**limit, "priceType": "MARKET", "clientOrderId": "market1"}
    preview = orders.preview_equity_order(**limit, limitPrice=100, clientOrderId="rest1")
    number = preview["PreviewOrderResponse"]["PreviewIds"]["previewId"]
    rest = orders.place_equity_order(
        **limit, limitPrice=100, clientOrderId="rest1", previewId=number
    )
    rest_id = rest["PlaceOrderResponse"]["OrderIds"]["orderId"]
    filled = orders.place_equity_order(**market)["PlaceOrderResponse"]["OrderIds"]["orderId"]
    call = orders.place_option_order(accountIdKey=key, clientOrderId="call1", **OPTION)
    changed = {**limit, "limitPrice": 101, "clientOrderId": "rest2"}
    again = orders.change_preview_equity_order(key, rest_id, **changed)
    number = again["PreviewOrderResponse"]["PreviewIds"]["previewId"]
    new = orders.place_changed_equity_order(orderId=rest_id, previewId=number, **changed)
    new_id = new["PlaceOrderResponse"]["OrderIds"]["orderId"]
    cancelled = orders.cancel_order(key, int(new_id))["CancelOrderResponse"]
    became = statuses(orders, key)
    return {
        "cost": preview["PreviewOrderResponse"]["Order"]["estimatedTotalAmount"],
        "became": {
            "filled": became[filled],
            "call": became[call["PlaceOrderResponse"]["OrderIds"]["orderId"]],
            "changed": became[rest_id],
            "cancelled": became[new_id],
        },
        "message": cancelled["Messages"]["Message"]["code"],
        "refused": refusals(orders, limit),
    }


def refusals(orders, limit):
    """How the client tells what is refused."""
    found = {}
    asked = {
        "too much": {"limitPrice": 240, "quantity": 100_000, "clientOrderId": "much1"},
        "no such": {"limitPrice": 1, "symbol": "NOSUCH", "clientOrderId": "nosuch1"},
        "stale": {"limitPrice": 100, "clientOrderId": "stale1", "previewId": 1},
    }
    for name, terms in asked.items():
        try:
            orders.place_equity_order(**(limit | terms))
        except Exception as error:  # noqa: BLE001 (the client has no kinds)
            found[name] = str(error).partition(",")[0]
    return found


def main():
    """Sign in, read, trade, renew and revoke."""
    logging.disable(logging.CRITICAL)
    asked = json.load(sys.stdin)
    url = asked["url"]
    keys = sign_in(url, asked["key"], asked["secret"])
    accounts, orders, market = ETradeAccounts(*keys), ETradeOrder(*keys), ETradeMarket(*keys)
    accounts.base_url = orders.base_url = f"{url}/v1/accounts"
    market.base_url = f"{url}/v1/market/"
    manager = ETradeAccessManager(*keys)
    manager.renew_access_token_url = f"{url}/oauth/renew_access_token"
    manager.revoke_access_token_url = f"{url}/oauth/revoke_access_token"
    listed = accounts.list_accounts()["AccountListResponse"]["Accounts"]["Account"]
    key = listed[0]["accountIdKey"]
    found = {
        "accounts": [one["accountStatus"] for one in listed],
        "read": read(accounts, market, key),
        "trade": trade(orders, key),
        "renewed": manager.renew_access_token(),
        "revoked": manager.revoke_access_token(),
    }
    json.dump(found, sys.stdout)


main()
