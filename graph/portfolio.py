"""All that the user owns as one figure."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.account import Environment
from domain.portfolio import LeftOut as LeftOutValue
from domain.portfolio import LeftOutReason
from domain.portfolio import Portfolio as PortfolioValue
from domain.portfolio import Slice as SliceValue
from domain.rates import RateSource
from domain.realized import Realized as RealizedValue
from domain.realized import Unknowable as UnknowableValue
from domain.realized import realized
from graph.accounts import account_id, allowed
from graph.context import Info
from graph.fields import of
from graph.instruments import Instrument
from graph.rate_limit import MAX_RATE, updates
from graph.scalars import CurrencyCode
from streaming.portfolios import Wanted

Ids = list[strawberry.ID] | None
Base = Annotated[CurrencyCode, strawberry.argument(description="The currency to add up in.")]
Environments = Annotated[
    list[Environment] | None,
    strawberry.argument(
        description="What to add up. By default LIVE alone; PAPER, else SANDBOX, where that is all."
    ),
]
Accounts = Annotated[Ids, strawberry.argument(description="Only these accounts.")]


@strawberry.type(description="An exchange rate that was used.")
class Rate:
    """Declares what is shown of the domain's Rate."""

    currency: CurrencyCode = strawberry.field(description="One unit of this")
    base: CurrencyCode = strawberry.field(description="is so many units of this.")
    rate: Decimal = strawberry.field(description="So many; a minor unit's hundredth is in it.")
    source: RateSource = strawberry.field(description="Who says so.")
    as_of: datetime | None = strawberry.field(
        description="As of when; null where a setting says so. Of the ECB the day counts."
    )


@strawberry.type(description="What all parts that have something in common add up to.")
class Slice:
    """Declares what is shown of the domain's Slice."""

    key: str = strawberry.field(description="A broker, an asset class or CASH, or a currency.")
    value: Decimal = strawberry.field(description="In the base currency.")
    share: Decimal | None = strawberry.field(
        description="Of the total, from 0 to 1, to six decimals; null if the total is not above 0."
    )


def _slice_account(source: Parent[SliceValue]) -> strawberry.ID:
    return account_id(source.key)  # type: ignore[arg-type]  # the key of this axis is an AccountId


@strawberry.type(description="What an account adds up to.")
class AccountSlice:
    """Declares what is shown of the domain's Slice by account."""

    account_id: strawberry.ID = strawberry.field(
        resolver=_slice_account, description="The account."
    )
    value: Decimal = strawberry.field(description="In the base currency.")
    share: Decimal | None = strawberry.field(description="Of the total, as of any slice.")


@strawberry.type(description="What an instrument adds up to, or all cash.")
class InstrumentSlice:
    """Declares what is shown of the domain's Slice by instrument."""

    instrument: Instrument | None = strawberry.field(description="Null for cash.")
    value: Decimal = strawberry.field(description="In the base currency.")
    share: Decimal | None = strawberry.field(description="Of the total, as of any slice.")


@strawberry.type(description="How the value is spread; each list adds up to it exactly.")
class Allocation:
    """Declares what is shown of the domain's Portfolio."""

    by_broker: list[Slice] = strawberry.field(description="By broker, largest first.")
    by_account: list[AccountSlice] = strawberry.field(description="By account.")
    by_asset_class: list[Slice] = strawberry.field(description="By asset class, and CASH.")
    by_currency: list[Slice] = strawberry.field(description="By currency before conversion.")
    by_instrument: list[InstrumentSlice] = strawberry.field(
        description="By instrument, wherever it is held.", metadata={"length": 50}
    )


def _left_account(source: Parent[LeftOutValue]) -> strawberry.ID:
    return account_id(source.account_id)


@strawberry.type(description="What is not in a figure, and why.")
class LeftOut:
    """Declares what is shown of the domain's LeftOut."""

    account_id: strawberry.ID = strawberry.field(resolver=_left_account, description="Where.")
    reason: LeftOutReason = strawberry.field(description="Why, and in which figure it is not.")
    currency: CurrencyCode = strawberry.field(description="The currency that it is in.")
    instrument: Instrument | None = strawberry.field(description="Null if it is cash.")
    amount: Decimal | None = strawberry.field(description="Units or cash; null if all of it.")


def _unknowable_account(source: Parent[UnknowableValue]) -> strawberry.ID:
    return account_id(source.account_id)


@strawberry.type(description="Something whose gains the books do not tell, or that has no rate.")
class Unknowable:
    """Declares what is shown of the domain's Unknowable."""

    account_id: strawberry.ID = strawberry.field(resolver=_unknowable_account, description="Where.")
    instrument: Instrument = strawberry.field(description="What.")


@strawberry.type(description="What was gained by selling, at average cost, fees not deducted.")
class Realized:
    """Declares what is shown of the domain's Realized."""

    base: CurrencyCode = strawberry.field(description="The currency of the figure.")
    pnl: Decimal = strawberry.field(description="Over all that was booked, at today's rates.")
    left_out: list[Unknowable] = strawberry.field(
        description="What is not in it: units came or went at a cost that nobody told."
    )


async def _realized(source: Parent[PortfolioValue], info: Info) -> RealizedValue | None:
    context = info.context
    books = await context.services.reads.books(context.viewer.user_id, source.accounts)
    return None if books is None else realized(books, source.known_rates, source.base)


def _environments(source: Parent[PortfolioValue]) -> list[Environment]:
    return sorted(source.environments)


def _itself(source: Parent[PortfolioValue]) -> PortfolioValue:
    return source


@strawberry.type(description="All that the user owns, added up in one currency.")
class Portfolio:
    """Declares what is shown of the domain's Portfolio."""

    base: CurrencyCode = strawberry.field(description="The currency of all figures.")
    environments: list[Environment] = strawberry.field(
        resolver=_environments, description="What was added up."
    )
    as_of: datetime = strawberry.field(description="When it was added up.")
    oldest_price_at: datetime | None = strawberry.field(
        description="The time of the oldest price in it; null if there is no price in it."
    )
    value: Decimal = strawberry.field(description="Cash and positions, exactly their sum.")
    cash: Decimal = strawberry.field(description="The cash in it.")
    day_change: Decimal | None = strawberry.field(
        description="What the moves since the previous close are worth; null if none is known."
    )
    unrealized_pnl: Decimal | None = strawberry.field(
        description="Market value less cost; null if no cost is known."
    )
    realized = strawberry.field(
        resolver=_realized,
        graphql_type=Realized | None,
        description="What was gained by selling; null until all transactions have been read.",
        metadata={"query_only": "realized is not part of a subscription; query portfolio for it"},
    )
    allocation = strawberry.field(
        resolver=_itself, graphql_type=Allocation, description="How the value is spread."
    )
    rates: list[Rate] = strawberry.field(description="Every exchange rate that was used.")
    left_out = of("left_out", list[LeftOut], "What is not in a figure.")


@strawberry.type
class PortfolioQuery:
    """Root fields about the portfolio."""

    @strawberry.field(
        graphql_type=Portfolio,
        description="All accounts as one; real money is never added to other, unless asked.",
    )
    async def portfolio(
        self,
        info: Info,
        base: Base,
        environments: Environments = None,
        account_ids: Accounts = None,
    ) -> PortfolioValue:
        """At the latest prices, stored or live."""
        viewer = info.context.viewer
        return await info.context.services.views.portfolio(
            viewer.user_id, wanted(base, environments), accounts=allowed(viewer, account_ids)
        )


@strawberry.type
class PortfolioSubscription:
    """The portfolio as any part of it changes."""

    @strawberry.subscription(
        graphql_type=Portfolio,
        description="The portfolio, then the whole of it again whenever it changed.",
    )
    def portfolio_updated(
        self,
        info: Info,
        base: Base,
        environments: Environments = None,
        account_ids: Accounts = None,
        max_rate: Annotated[int, strawberry.argument(description=MAX_RATE)] = 1,
    ) -> AsyncIterator[PortfolioValue]:
        """Latest wins."""
        viewer = info.context.viewer
        return info.context.services.views.portfolios(
            viewer.user_id,
            wanted(base, environments),
            accounts=allowed(viewer, account_ids),
            max_rate=updates(viewer, max_rate),
        )


def wanted(base: str, environments: Sequence[Environment] | None) -> Wanted:
    """What was asked for; None of the environments means the most real one that there is."""
    chosen = None if environments is None else frozenset(environments)
    return Wanted(base=base, environments=chosen)
