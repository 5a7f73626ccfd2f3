"""The domain's enums as they are; told to Strawberry once, before anything mentions them."""

import strawberry

from domain.access import Role, Scope
from domain.account import AccountStatus, AccountType, Environment
from domain.capabilities import PreviewBy, Proof, Pushed, Replacing
from domain.changes import ChangeKind
from domain.connection import ConnectionState, Permission, Reach, Resource, SyncStatus
from domain.errors import ErrorCode
from domain.holding import CostSource, MarkSource, Side
from domain.instrument import AssetClass, OptionRight
from domain.intent import IntentKind, IntentState
from domain.order import (
    ExecType,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    Origin,
    PositionEffect,
    TimeInForce,
)
from domain.portfolio import LeftOutReason
from domain.preview import PreviewSource
from domain.rates import RateSource
from domain.risk import TradingScope, TradingState
from domain.transaction import TransactionCategory, TransactionStatus, TransactionType
from store.journal import ResyncReason
from trading.sign_ins import SignInKind

EXPOSED = (
    AccountStatus,
    AccountType,
    AssetClass,
    ChangeKind,
    ConnectionState,
    CostSource,
    Environment,
    ErrorCode,
    ExecType,
    IntentKind,
    IntentState,
    LeftOutReason,
    MarkSource,
    OptionRight,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    Origin,
    Permission,
    PositionEffect,
    PreviewBy,
    PreviewSource,
    Proof,
    Pushed,
    RateSource,
    Reach,
    Replacing,
    Resource,
    ResyncReason,
    Role,
    Scope,
    Side,
    SignInKind,
    SyncStatus,
    TimeInForce,
    TradingScope,
    TradingState,
    TransactionCategory,
    TransactionStatus,
    TransactionType,
)

for _enum in EXPOSED:
    strawberry.enum(_enum, description=_enum.__doc__)
