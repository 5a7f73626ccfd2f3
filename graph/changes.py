"""The stream without gaps: every change with a cursor that resumes behind it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.account import Account as AccountValue
from domain.changes import CashChange, ChangeKind, HoldingChange
from domain.connection import Connection as ConnectionValue
from domain.holding import Position as PositionValue
from domain.holding import value
from domain.order import ExecType
from domain.order import OrderEvent as OrderEventValue
from domain.transaction import TransactionChange
from graph.accounts import Account, AccountUpdate, Balance, account_id, allowed
from graph.alarms import DriftFound, IntentChanged
from graph.connections import Connection
from graph.context import Info
from graph.fields import of
from graph.intents import Intent
from graph.node import shows
from graph.orders import Execution, Order
from graph.positions import Holding, Position
from graph.resumable import Resumable, shows_change
from graph.scalars import Cursor
from graph.transactions import Transaction
from store.journal import ResyncReason
from streaming.frames import AccountFrame, Frame, ResyncFrame, SnapshotFrame
from streaming.frames import Heartbeat as HeartbeatFrame


@strawberry.type(description="Something happened to an order; each comes exactly once, in order.")
class OrderChanged(Resumable):
    """Declares what is shown of a change to an OrderEvent."""

    is_type_of = shows_change(OrderEventValue)

    at = of("change.value.at", datetime, "When it happened.")
    exec_type = of("change.value.exec_type", ExecType, "Why the order changed.")
    order = of("change.value.order", Order, "The order as it now is.")
    executions = of("change.value.executions", list[Execution], "The fills that it brought.")


@strawberry.type(description="A holding is now this; quantity zero is its end.")
class HoldingChanged(Resumable):
    """Declares what is shown of a change to a HoldingChange."""

    is_type_of = shows_change(HoldingChange)

    at = of("change.at", datetime, "When we learned it.")
    holding = of("change.value", Holding, "The holding as it now is.")


@strawberry.type(description="The cash of an account is now this.")
class CashChanged(Resumable):
    """Declares what is shown of a change to a CashChange."""

    is_type_of = shows_change(CashChange)

    at = of("change.at", datetime, "When we learned it.")
    account_id = of("change.value.account_id", strawberry.ID, "The account.", shown_as=account_id)
    balances = of("change.value.balances", list[Balance], "All of its balances.")


@strawberry.type(description="A transaction was booked or amended; a Snapshot has none of them.")
class TransactionChanged(Resumable):
    """Declares what is shown of a change to a TransactionChange."""

    is_type_of = shows_change(TransactionChange)

    at = of("change.at", datetime, "When we learned it.")
    transaction = of("change.value", Transaction, "The transaction as it now is.")


@strawberry.type(description="An account is new or now this.")
class AccountChanged(Resumable):
    """Declares what is shown of a change to an Account."""

    is_type_of = shows_change(AccountValue)

    at = of("change.at", datetime, "When we learned it.")
    account = of("change.value", Account, "The account as it now is.")


@strawberry.type(description="A connection is new or now this.")
class ConnectionChanged(Resumable):
    """Declares what is shown of a change to a Connection."""

    is_type_of = shows_change(ConnectionValue)

    at = of("change.at", datetime, "When we learned it.")
    connection = of("change.value", Connection, "The connection as it now is.")


def _accounts(source: Parent[SnapshotFrame]) -> list[AccountFrame]:
    state = source.state
    return [
        AccountFrame(
            account=account,
            balances=state.balances.get(account.id, ()),
            valuation=state.valuations.get(account.id),
        )
        for account in state.accounts
    ]


def _positions(source: Parent[SnapshotFrame]) -> list[PositionValue]:
    state = source.state
    owners = {account.id: account.connection_id for account in state.accounts}
    marks = {
        (connection, mark.instrument_id): mark
        for connection, stored in state.marks.items()
        for mark in stored
    }
    return [
        PositionValue(
            account_id=held.account_id,
            holding=held.holding,
            valuation=value(
                held.holding,
                marks.get((owners[held.account_id], held.holding.instrument.id)),
            ),
        )
        for held in state.holdings
        if held.account_id in owners
    ]


@strawberry.type(
    description="Everything as it is: what a client begins with, and again after Resync."
)
class Snapshot(Resumable):
    """Declares what is shown of a SnapshotFrame."""

    is_type_of = shows(SnapshotFrame)

    connections = of("state.connections", list[Connection], "Every connection.")
    accounts = strawberry.field(
        resolver=_accounts, graphql_type=list[AccountUpdate], description="Accounts with figures."
    )
    positions = strawberry.field(
        resolver=_positions,
        graphql_type=list[Position],
        description="Every holding at its last stored price; for live ones see positionUpdated.",
    )
    orders = of("state.orders", list[Order], "Open orders, and those of the last 24 hours.")
    unknown = of(
        "state.unknown", list[Intent], "Of these nobody knows yet whether there is an order."
    )


@strawberry.type(description="The cursor that was handed in leads nowhere; a Snapshot follows.")
class Resync(Resumable):
    """Declares what is shown of a ResyncFrame."""

    is_type_of = shows(ResyncFrame)

    reason: ResyncReason = strawberry.field(description="Why.")


@strawberry.type(description="Nothing happened, and the stream is alive.")
class Heartbeat(Resumable):
    """Declares what is shown of a Heartbeat frame."""

    is_type_of = shows(HeartbeatFrame)

    cursor: Cursor = strawberry.field(description="Past all that was not asked for.")
    at: datetime = strawberry.field(description="Until when nothing happened.")


Changes = Annotated[
    OrderChanged
    | HoldingChanged
    | CashChanged
    | TransactionChanged
    | AccountChanged
    | ConnectionChanged
    | IntentChanged
    | DriftFound
    | Snapshot
    | Resync
    | Heartbeat,
    strawberry.union(name="ChangeFrame", description="What `changes` yields."),
]

OrderUpdates = Annotated[
    OrderChanged | IntentChanged | Snapshot | Resync | Heartbeat,
    strawberry.union(name="OrderFrame", description="What `orderUpdated` yields."),
]


@strawberry.type
class ChangeSubscription:
    """The streams that resume."""

    @strawberry.subscription(
        graphql_type=Changes,
        description=(
            "All that is journalled, without a gap: from a Snapshot on, or from behind a cursor. "
            "Every order event comes exactly once, in order; of the rest the newest state."
        ),
    )
    def changes(
        self,
        info: Info,
        after: Annotated[
            Cursor | None, strawberry.argument(description="Resume behind this cursor.")
        ] = None,
        kinds: Annotated[
            list[ChangeKind] | None,
            strawberry.argument(description="Only these kinds. REVOCATION is never shown."),
        ] = None,
        account_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these accounts.")
        ] = None,
    ) -> AsyncIterator[Frame]:
        """Prices are not in it: see positionUpdated."""
        viewer = info.context.viewer
        return info.context.services.views.changes(
            viewer.user_id, after=after, kinds=kinds, accounts=allowed(viewer, account_ids)
        )

    @strawberry.subscription(
        graphql_type=OrderUpdates, description="As `changes`, of orders alone."
    )
    def order_updated(
        self,
        info: Info,
        after: Annotated[
            Cursor | None, strawberry.argument(description="Resume behind this cursor.")
        ] = None,
        account_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these accounts.")
        ] = None,
    ) -> AsyncIterator[Frame]:
        """For a widget that shows orders."""
        viewer = info.context.viewer
        return info.context.services.views.orders(
            viewer.user_id, after=after, accounts=allowed(viewer, account_ids)
        )
