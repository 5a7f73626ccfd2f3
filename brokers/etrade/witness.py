"""pyetrade as a second reader: run in its own environment, it prints what it read.

It gets `credentials` and `endpoints` as a JSON object on standard input, and reads only. The form
of what it prints is that of brokers/testimony.py. Why it failed is told by the kind of error alone:
the words of an error may hold what no log should. XML is asked for, as its numbers stay text.
"""

import json
import logging
import signal
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.parsers.expat import ExpatError

from pyetrade import ETradeAccounts, ETradeOrder

# The client has no time limit of its own: whoever started this may be gone.
SECONDS = 90
# What expat says of nothing at all.
NO_ELEMENT = 3
PAGE, MOST_PAGES = 50, 200
# Orders that are good until canceled do not live longer.
DAYS = timedelta(days=65)
CLASSES = {
    "EQ": "EQUITY",
    "OPTN": "OPTION",
    "MF": "MUTUAL_FUND",
    "MMF": "MONEY_MARKET",
    "BOND": "BOND",
    "INDX": "INDEX",
}
ENDED = {"EXECUTED", "DONE_TRADE_EXECUTED", "CANCELLED", "EXPIRED", "REJECTED"}
TRAILS = {"TRAILING_STOP_CNST": "trail_amount", "TRAILING_STOP_PRCT": "trail_percent"}


def several(value):
    """XML has no lists of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def asked(read, *args, **named):
    """What a method answers; nothing at all is how an empty list is told."""
    try:
        return read(*args, resp_format="xml", **named)
    except ExpatError as error:
        if error.code == NO_ELEMENT:
            return {}
        raise


def symbol(holder):
    """The ticker, or the OCC symbol without its padding."""
    product = holder["Product"]
    if product["securityType"] != "OPTN":
        return product["symbol"]
    strike = int(Decimal(product["strikePrice"]) * 1000)
    day = [int(product[f"expiry{part}"]) for part in ("Year", "Month", "Day")]
    when = f"{day[0] % 100:02}{day[1]:02}{day[2]:02}"
    return f"{product['symbol']}{when}{product['callPut'][0]}{strike:08}"


def positions(accounts, number, key):
    """All pages; an instrument that is listed twice is one position, of no one cost."""
    found = {}
    for page in range(1, MOST_PAGES):
        body = asked(accounts.get_account_portfolio, key, count=PAGE, page_number=page)
        parts = several(body.get("PortfolioResponse", {}).get("AccountPortfolio"))
        for row in [row for part in parts for row in several(part.get("Position"))]:
            one = position(number, row)
            name = one["asset_class"], one["symbol"]
            if name in found:
                quantity = Decimal(found[name]["quantity"]) + Decimal(one["quantity"])
                found[name] = found[name] | {"quantity": str(quantity)}
                found[name].pop("average_cost", None)
            else:
                found[name] = one
        if not any(part.get("nextPageNo") for part in parts):
            break
    return list(found.values())


def position(number, row):
    """A position; a short one is negative."""
    quantity = Decimal(row["quantity"])
    short = quantity < 0 or row.get("positionType") == "SHORT"
    return {
        "account": number,
        "asset_class": CLASSES.get(row["Product"]["securityType"], "OTHER"),
        "symbol": symbol(row),
        "quantity": str(-abs(quantity) if short else quantity),
        "average_cost": row.get("costPerShare") or row.get("pricePaid"),
        "price": row.get("Quick", {}).get("lastTrade"),
    }


def open_orders(orders, number, key):
    """All pages, both sessions, by their markers."""
    today, marker, seen, found = datetime.now(UTC), None, set(), {}
    while marker not in seen:
        seen.add(marker)
        body = asked(
            orders.list_orders,
            key,
            marker=marker,
            count=100,
            from_date=today - DAYS,
            to_date=today,
            market_session=None,
        )
        response = body.get("OrdersResponse", {})
        for row in several(response.get("Order")):
            for index, detail in enumerate(several(row["OrderDetail"])):
                if detail["status"] not in ENDED:
                    one = order(number, row["orderId"], index, detail)
                    found[one["id"]] = one
        marker = response.get("marker")
        if not marker:
            break
    return list(found.values())


def order(number, name, index, detail):
    """An open order; what a combination has none of is left out."""
    placed = int(detail["placedTime"]) / 1000
    found = {
        "account": number,
        "id": name if index == 0 else f"{name}#{index + 1}",
        "submitted_at": datetime.fromtimestamp(placed, UTC).isoformat(),
    }
    parts = several(detail["Instrument"])
    if len(parts) > 1:
        return found
    (part,) = parts
    trail = TRAILS.get(detail["priceType"])
    found |= {
        "symbol": symbol(part),
        "side": part["orderAction"].split("_")[0],
        "limit_price": price(detail, "limitPrice"),
        "stop_price": None if trail else price(detail, "stopPrice"),
        "trail_amount": None,
        "trail_percent": None,
    }
    if trail:
        found[trail] = price(detail, "offsetValue") or price(detail, "stopPrice")
    if part.get("quantityType") != "DOLLAR":
        leaves = Decimal(part["orderedQuantity"]) - Decimal(part.get("filledQuantity") or 0)
        found |= {"leaves_quantity": str(leaves), "notional": None}
    return found


def price(detail, name):
    """Zero stands for none."""
    found = detail.get(name)
    return found if found and Decimal(found) else None


def cash(accounts, key):
    """The cash of an account, wherever it is told."""
    response = asked(accounts.get_account_balance, key)["BalanceResponse"]
    computed = response.get("Computed") or {}
    return computed.get("netCash") or computed.get("cashBalance") or response["Cash"]["cashBalance"]


def testimony(accounts, orders):
    """Everything that is compared."""
    listed = asked(accounts.list_accounts).get("AccountListResponse", {}).get("Accounts", {})
    found = {"accounts": [], "balances": [], "positions": [], "orders": []}
    for row in several(listed.get("Account")):
        if row["accountStatus"] == "CLOSED":
            continue
        number, key = row["accountId"], row["accountIdKey"]
        found["accounts"].append({"account": number, "currency": "USD"})
        held = {"account": number, "currency": "USD", "cash": cash(accounts, key)}
        found["balances"].append(held)
        found["positions"] += positions(accounts, number, key)
        found["orders"] += open_orders(orders, number, key)
    return found


def main():
    """Read and print."""
    signal.alarm(SECONDS)
    # At DEBUG the client prints tokens.
    logging.disable(logging.CRITICAL)
    given = json.load(sys.stdin)
    keys = [
        given["credentials"][name]
        for name in ("consumer_key", "consumer_secret", "token", "token_secret")
    ]
    try:
        accounts, orders = ETradeAccounts(*keys), ETradeOrder(*keys)
        base = given["endpoints"]["api"].rstrip("/") + "/v1/accounts"
        accounts.base_url = orders.base_url = base
        json.dump(testimony(accounts, orders), sys.stdout)
    except Exception as error:  # noqa: BLE001 (told by its kind)
        json.dump({"failed": type(error).__name__}, sys.stdout)


main()
