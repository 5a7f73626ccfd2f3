"""E*TRADE's words and ours; a word that is not here is UNKNOWN or OTHER, never a guess.

Source: E*TRADE's API documentation of accounts, orders and market (v1, read 2026-11).
"""

from collections.abc import Mapping

from domain.account import AccountStatus, AccountType
from domain.instrument import AssetClass
from domain.order import OrderSide, OrderStatus, OrderType, PositionEffect, TimeInForce
from domain.transaction import TransactionType

# OPTION_EXERCISE, OPTION_ASSIGNMENT and DO_NOT_EXERCISE are no orders of a person: UNKNOWN.
STATUS: Mapping[str, OrderStatus] = {
    "OPEN": OrderStatus.NEW,
    "PARTIAL": OrderStatus.PARTIALLY_FILLED,
    "INDIVIDUAL_FILLS": OrderStatus.PARTIALLY_FILLED,
    "EXECUTED": OrderStatus.FILLED,
    "DONE_TRADE_EXECUTED": OrderStatus.FILLED,
    "CANCEL_REQUESTED": OrderStatus.PENDING_CANCEL,
    "CANCELLED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}

ACTION: Mapping[str, tuple[OrderSide, PositionEffect | None]] = {
    "BUY": (OrderSide.BUY, None),
    "SELL": (OrderSide.SELL, None),
    "SELL_SHORT": (OrderSide.SELL, PositionEffect.OPEN),
    "BUY_TO_COVER": (OrderSide.BUY, PositionEffect.CLOSE),
    "BUY_OPEN": (OrderSide.BUY, PositionEffect.OPEN),
    "BUY_CLOSE": (OrderSide.BUY, PositionEffect.CLOSE),
    "SELL_OPEN": (OrderSide.SELL, PositionEffect.OPEN),
    "SELL_CLOSE": (OrderSide.SELL, PositionEffect.CLOSE),
}

# The price type says when it trades too: on-open and on-close are no terms of their own there.
PRICE_TYPE: Mapping[str, tuple[OrderType, TimeInForce | None]] = {
    "MARKET": (OrderType.MARKET, None),
    "LIMIT": (OrderType.LIMIT, None),
    "STOP": (OrderType.STOP, None),
    "STOP_LIMIT": (OrderType.STOP_LIMIT, None),
    "TRAILING_STOP_CNST": (OrderType.TRAILING_STOP, None),
    "TRAILING_STOP_PRCT": (OrderType.TRAILING_STOP, None),
    "MARKET_ON_OPEN": (OrderType.MARKET, TimeInForce.OPG),
    "MARKET_ON_CLOSE": (OrderType.MARKET, TimeInForce.CLS),
    "LIMIT_ON_OPEN": (OrderType.LIMIT, TimeInForce.OPG),
    "LIMIT_ON_CLOSE": (OrderType.LIMIT, TimeInForce.CLS),
    "NET_DEBIT": (OrderType.NET, None),
    "NET_CREDIT": (OrderType.NET, None),
    "NET_EVEN": (OrderType.NET, None),
}

TERM: Mapping[str, TimeInForce] = {
    "GOOD_FOR_DAY": TimeInForce.DAY,
    "GOOD_UNTIL_CANCEL": TimeInForce.GTC,
    "GOOD_TILL_DATE": TimeInForce.GTD,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
    "FILL_OR_KILL": TimeInForce.FOK,
}

ASSET_CLASS: Mapping[str, AssetClass] = {
    "EQ": AssetClass.EQUITY,
    "OPTN": AssetClass.OPTION,
    "MF": AssetClass.MUTUAL_FUND,
    "MMF": AssetClass.MONEY_MARKET,
    "BOND": AssetClass.BOND,
    "INDX": AssetClass.INDEX,
}

# What looking up a name calls them.
LOOKED_UP: Mapping[str, AssetClass] = {
    "EQUITY": AssetClass.EQUITY,
    "EQ": AssetClass.EQUITY,
    "ETF": AssetClass.ETF,
    "MUTUAL_FUND": AssetClass.MUTUAL_FUND,
    "MF": AssetClass.MUTUAL_FUND,
    "MONEY_MARKET_FUND": AssetClass.MONEY_MARKET,
    "INDEX": AssetClass.INDEX,
    "BOND": AssetClass.BOND,
}

# Sent, or said, of orders with several legs.
COMBINATIONS = frozenset(
    {"SPREADS", "BUY_WRITES", "BUTTERFLY", "IRON_BUTTERFLY", "CONDOR", "IRON_CONDOR"}
)

ACCOUNT_MODE: Mapping[str, AccountType] = {
    "CASH": AccountType.CASH,
    "MARGIN": AccountType.MARGIN,
    "IRA": AccountType.RETIREMENT,
}

ACCOUNT_STATUS: Mapping[str, AccountStatus] = {
    "ACTIVE": AccountStatus.OPEN,
    "CLOSED": AccountStatus.CLOSED,
}

# An open list there; by its words in lower case.
TRANSACTION: Mapping[str, TransactionType] = {
    "bought": TransactionType.BUY,
    "bought to cover": TransactionType.BUY,
    "sold": TransactionType.SELL,
    "sold short": TransactionType.SELL,
    "bought to open": TransactionType.BUY,
    "bought to close": TransactionType.BUY,
    "sold to open": TransactionType.SELL,
    "sold to close": TransactionType.SELL,
    "dividend": TransactionType.DIVIDEND,
    "qualified dividend": TransactionType.DIVIDEND,
    "interest": TransactionType.INTEREST,
    "interest income": TransactionType.INTEREST,
    "margin interest": TransactionType.INTEREST_CHARGED,
    "fee": TransactionType.FEE,
    "service fee": TransactionType.FEE,
    "cash in lieu": TransactionType.CASH_IN_LIEU,
    "exchange received in": TransactionType.REORGANIZATION,
    "exchange delivered out": TransactionType.REORGANIZATION,
    "pos": TransactionType.OTHER_CASH,
    "bill payment": TransactionType.WITHDRAWAL,
    "funds received": TransactionType.DEPOSIT,
    "option expiration": TransactionType.EXPIRATION,
    "option expired": TransactionType.EXPIRATION,
    "option assigned": TransactionType.ASSIGNMENT,
    "option assignment": TransactionType.ASSIGNMENT,
    "option exercised": TransactionType.EXERCISE,
    "option exercise": TransactionType.EXERCISE,
}
