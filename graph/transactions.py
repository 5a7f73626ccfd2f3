"""What was booked in the accounts."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.ids import TransactionId
from domain.transaction import (
    TransactionCategory,
    TransactionChange,
    TransactionStatus,
    TransactionType,
)
from graph.accounts import account_id, allowed
from graph.context import Info
from graph.fields import of
from graph.instruments import Instrument
from graph.node import Node, global_id, shows
from graph.paging import Listed, Paged, checked, paged
from graph.positions import connection_keys, instrument_key
from graph.scalars import CurrencyCode, Cursor

Ids = list[strawberry.ID] | None


def transaction_id(id: TransactionId) -> strawberry.ID:
    """The global id of a transaction."""
    return global_id("Transaction", id)


def _id(source: Parent[TransactionChange]) -> strawberry.ID:
    return transaction_id(source.id)


def _account_id(source: Parent[TransactionChange]) -> strawberry.ID:
    return account_id(source.account_id)


@strawberry.type(
    description="One entry of an account's books. Signed amounts: more is into the account."
)
class Transaction(Node):
    """Declares what is shown of the domain's TransactionChange."""

    is_type_of = shows(TransactionChange)

    id: strawberry.ID = strawberry.field(resolver=_id, description="Kept when it is amended.")
    account_id: strawberry.ID = strawberry.field(
        resolver=_account_id, description="The account that it was booked in."
    )
    category = of("transaction.type.category", TransactionCategory, "The group of its type.")
    type = of("transaction.type", TransactionType, "What it was.")
    raw_type = of("transaction.raw_type", str, "The same in the broker's word.")
    status = of(
        "transaction.status",
        TransactionStatus,
        "CORRECTED counts as it now reads, CANCELED does not count.",
    )
    raw_status = of("transaction.raw_status", str, "The same in the broker's word.")
    at = of("transaction.at", datetime, "When; if only the day is told, its beginning.")
    day = of("transaction.day", date, "The day, in the market's zone.")
    currency = of("transaction.currency", CurrencyCode, "The currency of amount and price.")
    amount = of("transaction.amount", Decimal | None, "Cash: negative is paid, null is not told.")
    instrument = of("transaction.instrument", Instrument | None, "What it was about, if anything.")
    quantity = of(
        "transaction.quantity", Decimal | None, "Units: negative is given away, null is none."
    )
    price = of(
        "transaction.price",
        Decimal | None,
        "Per unit: of a trade its price, of income what it paid.",
    )
    broker_id = of("transaction.broker_id", str, "The broker's name for it.")
    broker_order_id = of(
        "transaction.broker_order_id", str | None, "The broker's name for the order, if told."
    )
    group = of("transaction.group", str | None, "Shared by entries that belong together, if told.")
    description = of("transaction.description", str, "The broker's words for it.")


@strawberry.type
class TransactionQuery:
    """Root fields about transactions."""

    @strawberry.field(
        graphql_type=Paged[Transaction],
        description=(
            "What was booked, newest first. How far back and how fresh, "
            "the connection's TRANSACTIONS freshness tells."
        ),
    )
    async def transactions(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 200.")],
        after: Annotated[Cursor | None, strawberry.argument(description="Behind this one.")] = None,
        account_ids: Annotated[Ids, strawberry.argument(description="In these accounts.")] = None,
        connection_ids: Annotated[
            Ids, strawberry.argument(description="Only through these connections.")
        ] = None,
        instrument_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this instrument.")
        ] = None,
        categories: Annotated[
            list[TransactionCategory] | None,
            strawberry.argument(description="Only of these categories."),
        ] = None,
        types: Annotated[
            list[TransactionType] | None, strawberry.argument(description="Only of these types.")
        ] = None,
        since: Annotated[
            datetime | None, strawberry.argument(description="From this moment on.")
        ] = None,
        until: Annotated[
            datetime | None, strawberry.argument(description="Before this moment.")
        ] = None,
    ) -> Listed:
        """Ids that are unknown or another's match nothing."""
        viewer = info.context.viewer
        page = await info.context.services.reads.transactions(
            viewer.user_id,
            accounts=allowed(viewer, account_ids),
            connections=connection_keys(connection_ids),
            instrument=instrument_key(instrument_id),
            types=_asked(categories, types),
            since=since,
            until=until,
            first=checked(first),
            after=after,
        )
        return paged(page, after)


def _asked(
    categories: Sequence[TransactionCategory] | None, types: Sequence[TransactionType] | None
) -> frozenset[TransactionType] | None:
    """The types that both filters let through; None for all."""
    if categories is None and types is None:
        return None
    return frozenset(
        each
        for each in TransactionType
        if (types is None or each in types) and (categories is None or each.category in categories)
    )
