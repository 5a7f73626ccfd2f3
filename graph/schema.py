"""The schema: every noun's part put together; `python -m graph.schema` prints it."""

import sys
from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from graph.accounts import Account, AccountQuery, AccountSubscription
from graph.acts import audited
from graph.audit import AuditQuery
from graph.brokers import BrokerQuery
from graph.changes import ChangeSubscription
from graph.connecting import ConnectionMutation
from graph.connections import Connection, ConnectionQuery, ConnectionSubscription
from graph.halting import HaltMutation, HaltQuery
from graph.history import HistoryQuery
from graph.instruments import Instrument
from graph.intents import IntentQuery
from graph.lookup import NodeQuery
from graph.orders import Order, OrderQuery
from graph.people import PeopleMutation, PeopleQuery
from graph.portfolio import PortfolioQuery, PortfolioSubscription
from graph.positions import Position, PositionQuery, PositionSubscription
from graph.quotes import QuoteQuery, QuoteSubscription
from graph.rate_limit import RateLimitQuery
from graph.risk import RiskMutation, RiskQuery
from graph.scalars import SCALARS
from graph.second_factor import SecondFactorMutation
from graph.ticket_options import TradingQuery
from graph.trading import TradingMutation
from graph.transactions import Transaction, TransactionQuery
from graph.viewer import ViewerMutation, ViewerQuery


@strawberry.type(description="What can be asked.")
class Query(
    ViewerQuery,
    NodeQuery,
    BrokerQuery,
    ConnectionQuery,
    AccountQuery,
    PositionQuery,
    OrderQuery,
    TransactionQuery,
    PortfolioQuery,
    HistoryQuery,
    QuoteQuery,
    IntentQuery,
    TradingQuery,
    HaltQuery,
    RiskQuery,
    AuditQuery,
    RateLimitQuery,
    PeopleQuery,
):
    """Root fields, a mixin a noun."""


@strawberry.type(description="What can be done; why something was not is in userErrors.")
class Mutation(
    ConnectionMutation,
    TradingMutation,
    HaltMutation,
    RiskMutation,
    ViewerMutation,
    SecondFactorMutation,
    PeopleMutation,
):
    """Root fields, a mixin a noun."""


@strawberry.type(description="What can be watched, over graphql-transport-ws.")
class Subscription(
    ChangeSubscription,
    ConnectionSubscription,
    AccountSubscription,
    PositionSubscription,
    PortfolioSubscription,
    QuoteSubscription,
):
    """Root fields, a mixin a noun."""


@cache
def build() -> GraphQLSchema:
    """The executable schema; always the same one, for it is never changed again."""
    # Strawberry 0.341.2 has no public name for it.
    return audited(_declared()._schema)  # noqa: SLF001


@cache
def _declared() -> strawberry.Schema:
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Account, Connection, Instrument, Order, Position, Transaction],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def text() -> str:
    """The schema in the schema definition language, as it is committed."""
    return _declared().as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
