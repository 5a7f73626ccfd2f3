"""Coinbase's own client as a second reader: run in its own environment, it prints what it read.

It gets `credentials` and `endpoints` as a JSON object on standard input, and reads only. The form
of what it prints is that of brokers/testimony.py. Why it failed is told by the kind of error alone:
the words of an error may hold what no log should.
"""

import json
import logging
import re
import signal
import sys
from decimal import Context, Decimal
from urllib.parse import urlsplit

from coinbase.rest import RESTClient
from requests.adapters import HTTPAdapter

# The client has no time limit of its own for all of it: whoever started this may be gone.
SECONDS = 90
EACH = 15
WALLETS, ORDERS = 250, 250
# OPEN cannot be asked for with anything else.
WORKING = (["OPEN"], ["PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"])
FIAT = {"ACCOUNT_TYPE_FIAT", "FIAT"}
LOOPBACK = {"127.0.0.1", "localhost"}
WIDE = Context(prec=60)
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


class Plain(HTTPAdapter):
    """The client writes https:// before any host: a sandbox on loopback speaks plain HTTP."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def private_key(text):
    """As the client reads it: a PEM that was pasted in one line gets its line breaks back."""
    matched = PEM.search(text.replace("\\n", "\n"))
    if matched is None:
        return text.strip()
    kind, body = matched.groups()
    return f"-----BEGIN {kind}-----\n{''.join(body.split())}\n-----END {kind}-----\n"


def connected(credentials, endpoint):
    """The client for an endpoint, which may be in the clear on this machine only."""
    parts = urlsplit(endpoint)
    client = RESTClient(
        api_key=credentials["key_name"],
        api_secret=private_key(credentials["private_key"]),
        base_url=parts.netloc,
        timeout=EACH,
    )
    if parts.scheme == "http":
        if parts.hostname not in LOOPBACK:
            raise ValueError(parts.scheme)
        client.session.mount("https://", Plain())
    return client


def pages(ask, name):
    """Every row of a list behind a cursor."""
    cursor = None
    while True:
        page = ask(cursor).to_dict()
        yield from page[name]
        cursor = page.get("cursor")
        if not page.get("has_next") or not cursor:
            return


def wallets(client):
    """All wallets, as text."""
    return list(pages(lambda cursor: client.get_accounts(limit=WALLETS, cursor=cursor), "accounts"))


def total(wallet):
    """What is free and what orders hold."""
    return Decimal(wallet["available_balance"]["value"]) + Decimal(wallet["hold"]["value"])


def summed(listed):
    """By currency, of several wallets together."""
    found = {}
    for wallet in listed:
        found[wallet["currency"]] = found.get(wallet["currency"], Decimal(0)) + total(wallet)
    return found


def each(amount, quantity):
    """Of one unit, None of nothing."""
    return str(WIDE.divide(amount, quantity)) if quantity else None


def coin(number, asset, quantity, told):
    """A coin with what the portfolio says that it cost and is worth."""
    found = {
        "account": number,
        "asset_class": "CRYPTO",
        "symbol": asset,
        "quantity": str(quantity),
        "average_cost": None,
    }
    cost = told.get("cost_basis") or {}
    if cost.get("currency") == "USD":
        found["average_cost"] = each(Decimal(cost["value"]), quantity)
    # Floats by now: good enough for what may move by two in a hundred.
    worth, held = told.get("total_balance_fiat"), told.get("total_balance_crypto")
    if worth and held:
        found["price"] = each(Decimal(str(worth)), Decimal(str(held)))
    return found


def contract(number, one, kind, quantity, average):
    """A futures contract; its side tells short from long."""
    side = (one.get("side") or one.get("position_side") or "").upper()
    amount = Decimal(str(quantity))
    amount = -abs(amount) if side.endswith("SHORT") else amount
    return {
        "account": number,
        "asset_class": kind,
        "symbol": one["product_id"],
        "quantity": str(amount),
        "average_cost": None if average is None else str(average),
    }


def contracts(number, breakdown):
    """What is not a coin."""
    for one in breakdown.get("futures_positions") or []:
        yield contract(number, one, "FUTURE", one["amount"], one.get("avg_entry_price"))
    for one in breakdown.get("perp_positions") or []:
        raw = (one.get("vwap") or {}).get("rawCurrency") or {}
        yield contract(number, one, "PERPETUAL", one["net_size"], raw.get("value"))


def edited(one):
    """Price and size of the last edit that took effect, nothing if there was none."""
    done = [edit for edit in one.get("edit_history") or [] if edit["replace_accept_timestamp"]]
    return max(done, key=lambda edit: edit["replace_accept_timestamp"], default={})


def order(number, one):
    """A working order; a part that an order of its kind has none of is null."""
    ((_, asked),) = one["order_configuration"].items() or (("", {}),)
    last = edited(one)
    size = last.get("size") or asked.get("base_size")
    filled = Decimal(one.get("filled_size") or 0)
    return {
        "account": number,
        "id": one["order_id"],
        "submitted_at": one["created_time"],
        "symbol": one["product_id"].replace("-", "/"),
        "side": one["side"],
        "leaves_quantity": str(Decimal(size) - filled) if size else None,
        "notional": None if size else asked.get("quote_size"),
        "limit_price": last.get("price") or asked.get("limit_price"),
        "stop_price": asked.get("stop_price") or asked.get("stop_trigger_price"),
    }


def working(client):
    """All orders that something can still happen to, each once."""
    found = {}
    for statuses in WORKING:

        def ask(cursor, statuses=statuses):
            return client.list_orders(order_status=statuses, limit=ORDERS, cursor=cursor)

        found |= {one["order_id"]: one for one in pages(ask, "orders")}
    return found.values()


def testimony(client):
    """Everything that is compared."""
    number = client.get_api_key_permissions().portfolio_uuid
    listed = wallets(client)
    told = client.get_portfolio_breakdown(number, currency="USD").to_dict()["breakdown"]
    spot = {one["asset"]: one for one in told.get("spot_positions") or []}
    cash = summed(one for one in listed if one["type"] in FIAT)
    coins = summed(one for one in listed if one["type"] not in FIAT)
    held = {asset: quantity for asset, quantity in coins.items() if quantity}
    return {
        "accounts": [{"account": number, "currency": "USD"}],
        "balances": [
            {"account": number, "currency": currency, "cash": str(amount)}
            for currency, amount in cash.items()
        ],
        "positions": [
            *(coin(number, asset, each, spot.get(asset, {})) for asset, each in held.items()),
            *contracts(number, told),
        ],
        "orders": [order(number, one) for one in working(client)],
    }


def main():
    """Read and print."""
    signal.alarm(SECONDS)
    # The client logs the bodies of errors.
    logging.disable()
    asked = json.load(sys.stdin)
    try:
        client = connected(asked["credentials"], asked["endpoints"]["rest"])
        json.dump(testimony(client), sys.stdout)
    except Exception as error:  # noqa: BLE001 (told by its kind)
        json.dump({"failed": type(error).__name__}, sys.stdout)


main()
