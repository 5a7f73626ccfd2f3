"""What is owned, at the latest prices."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.changes import HoldingChange
from domain.holding import CostSource, MarkSource, Side
from domain.holding import Position as PositionValue
from domain.ids import ConnectionId, InstrumentId
from graph.accounts import account_id, allowed
from graph.context import Info
from graph.fields import of
from graph.instruments import Instrument
from graph.node import Node, key_of, position_id, shows
from graph.paging import MOST_POSITIONS, Listed, Paged, checked, paged
from graph.rate_limit import MAX_RATE, updates
from graph.scalars import CurrencyCode, Cursor
from streaming.frames import PositionsFrame


@strawberry.type(description="One purchase within a holding.")
class Lot:
    """Declares what is shown of the domain's Lot."""

    lot_id: str = strawberry.field(description="The broker's name for it.")
    quantity: Decimal = strawberry.field(description="Units, negative if sold short.")
    unit_cost: Decimal | None = strawberry.field(description="Cost per unit, if told.")
    opened: date | None = strawberry.field(description="When it was bought, if told.")


@strawberry.type(description="What a holding is worth at a price, in the holding's currency.")
class Valuation:
    """Declares what is shown of the domain's Valuation."""

    price: Decimal = strawberry.field(description="Price per unit.")
    as_of: datetime = strawberry.field(description="The venue's time of that price.")
    source: MarkSource = strawberry.field(description="Where the price came from.")
    market_value: Decimal = strawberry.field(description="Quantity times price times multiplier.")
    unrealized_pnl: Decimal | None = strawberry.field(
        description="Market value less cost; null if the cost is not known."
    )
    day_change: Decimal | None = strawberry.field(
        description="What the move since the previous close is worth; null if that is not known."
    )


def _id(source: Parent[HoldingChange]) -> strawberry.ID:
    return position_id(source.account_id, source.holding.instrument.id)


def _account_id(source: Parent[HoldingChange]) -> strawberry.ID:
    return account_id(source.account_id)


@strawberry.type(description="What an account owns of one instrument, without its price.")
class Holding:
    """Declares what is shown of anything with an `account_id` and a `holding`."""

    id: strawberry.ID = strawberry.field(
        resolver=_id, description="The id of the position, for as long as it can be held."
    )
    account_id: strawberry.ID = strawberry.field(
        resolver=_account_id, description="The account that holds it."
    )
    instrument = of("holding.instrument", Instrument, "What is held.")
    side = of("holding.side", Side, "Which way it faces.")
    quantity = of("holding.quantity", Decimal, "Units: negative is short, zero is gone.")
    available = of("holding.available", Decimal | None, "Units that can be sold now, if told.")
    currency = of("holding.currency", CurrencyCode, "The currency of all its figures.")
    average_cost = of("holding.average_cost", Decimal | None, "Cost per unit, if known.")
    cost_basis = of("holding.cost_basis", Decimal | None, "Cost of the whole, if known.")
    cost_source = of("holding.cost_source", CostSource, "Who worked the cost out.")
    lots = of("holding.lots", list[Lot], "Its purchases; empty where the broker tells none.")


@strawberry.type(description="A holding of an account with its valuation.")
class Position(Holding, Node):
    """Declares what is shown of the domain's Position."""

    is_type_of = shows(PositionValue)
    keeps_written = True

    valuation: Valuation | None = strawberry.field(
        description="What it is worth; null where no price is known, which is not zero."
    )


def _removed(source: Parent[PositionsFrame]) -> list[strawberry.ID]:
    return [position_id(account, instrument) for account, instrument in source.removed]


@strawberry.type(description="Positions as they now are; the first one brings all of them.")
class PositionsUpdate:
    """Declares what is shown of a PositionsFrame."""

    upserts: list[Position] = strawberry.field(
        description="Each with its new state; one that is gone comes once with quantity zero."
    )
    removed_ids: list[strawberry.ID] = strawberry.field(
        resolver=_removed, description="Ids of those that are gone."
    )
    as_of: datetime = strawberry.field(description="The time of this update.")


@strawberry.type
class PositionQuery:
    """Root fields about positions."""

    @strawberry.field(graphql_type=Paged[Position], description="What the user owns, paged.")
    async def positions(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 1,000.")],
        after: Annotated[Cursor | None, strawberry.argument(description="Behind this one.")] = None,
        account_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these accounts.")
        ] = None,
        connection_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only through these connections."),
        ] = None,
        instrument_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this instrument.")
        ] = None,
    ) -> Listed:
        """Ids that are unknown or another's match nothing."""
        context = info.context
        standing = await context.services.reads.standing(context.viewer.user_id)
        page = standing.page(
            accounts=allowed(context.viewer, account_ids),
            connections=connection_keys(connection_ids),
            instrument=instrument_key(instrument_id),
            first=checked(first, MOST_POSITIONS),
            after=after,
        )
        return paged(context.services.valued.page(standing, page), after)


@strawberry.type
class PositionSubscription:
    """Positions as they and their prices change."""

    @strawberry.subscription(
        graphql_type=PositionsUpdate,
        description="All positions, then those that change, in batches of the latest state.",
    )
    def position_updated(
        self,
        info: Info,
        account_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these accounts.")
        ] = None,
        max_rate: Annotated[int, strawberry.argument(description=MAX_RATE)] = 4,
    ) -> AsyncIterator[PositionsFrame]:
        """Latest wins; `changes` is the stream without gaps."""
        viewer = info.context.viewer
        return info.context.services.views.positions(
            viewer.user_id,
            accounts=allowed(viewer, account_ids),
            max_rate=updates(viewer, max_rate),
        )


def connection_keys(ids: Sequence[str] | None) -> frozenset[ConnectionId] | None:
    """Connections to filter by; None for all."""
    return None if ids is None else frozenset(ConnectionId(key_of("Connection", i)) for i in ids)


def instrument_key(id: str | None) -> InstrumentId | None:
    """An instrument to filter by; None for all."""
    return None if id is None else InstrumentId(key_of("Instrument", id))
