"""What the portfolio was worth over time."""

import asyncio
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry
from strawberry import Parent

from brokers.market_hours import sessions
from domain.equity import History as HistoryValue
from domain.equity import HistoryDay as HistoryDayValue
from domain.equity import history
from domain.errors import ErrorCode, Problem
from graph.accounts import account_id, allowed
from graph.context import Info
from graph.portfolio import Accounts, Base, Environments, Rate, wanted
from graph.scalars import CurrencyCode

_NEW_YORK = ZoneInfo("America/New_York")
_MOST_DAYS = 3_660
# A long weekend and its holidays: the looks of that time belong to the next trading day.
_BEFORE, _DAY = timedelta(days=7), timedelta(days=1)


def _missing(source: Parent[HistoryDayValue]) -> list[strawberry.ID]:
    return [account_id(account) for account in source.missing]


@strawberry.type(description="All accounts at the end of a trading day.")
class HistoryDay:
    """Declares what is shown of the domain's HistoryDay."""

    day: date = strawberry.field(description="The exchange's trading day.")
    value: Decimal | None = strawberry.field(
        description="In the base currency; null if an account is missing, or there was none yet."
    )
    as_of: datetime | None = strawberry.field(
        description="The time of the earliest of its points: earlier than the close, if nobody "
        "looked later."
    )
    missing_account_ids: list[strawberry.ID] = strawberry.field(
        resolver=_missing, description="Accounts of which nobody knows that day: a gap stays one."
    )


def _left_out(source: Parent[HistoryValue]) -> list[strawberry.ID]:
    return [account_id(account) for account in source.left_out]


@strawberry.type(description="What the portfolio was worth, by trading day.")
class PortfolioHistory:
    """Declares what is shown of the domain's History."""

    base: CurrencyCode = strawberry.field(description="The currency of all values.")
    days: list[HistoryDay] = strawberry.field(
        description="Every trading day that was asked for, oldest first.", metadata={"length": 250}
    )
    rates: list[Rate] = strawberry.field(description="Today's rates, which all days are at.")
    left_out_account_ids: list[strawberry.ID] = strawberry.field(
        resolver=_left_out, description="Accounts in a currency that has no rate."
    )


@strawberry.type
class HistoryQuery:
    """Root fields about the past."""

    @strawberry.field(
        graphql_type=PortfolioHistory,
        description="The worth of the portfolio at the end of each trading day.",
    )
    async def portfolio_history(
        self,
        info: Info,
        base: Base,
        since: Annotated[date, strawberry.argument(description="The first day.")],
        until: Annotated[
            date | None, strawberry.argument(description="The last day; null for today.")
        ] = None,
        environments: Environments = None,
        account_ids: Accounts = None,
    ) -> HistoryValue:
        """As the accounts were valued by their brokers."""
        services, viewer = info.context.services, info.context.viewer
        seen = allowed(viewer, account_ids)
        now = await services.views.portfolio(
            viewer.user_id, wanted(base, environments), accounts=seen
        )
        today = services.clock.now().astimezone(_NEW_YORK).date()
        last = min(until or today, today)
        _check(since, last)
        accounts = [
            account.id
            for account in await services.reads.accounts(viewer.user_id, ids=seen)
            if account.environment in now.environments
        ]
        pasts = await services.reads.equity(
            viewer.user_id, accounts, _midnight(since - _BEFORE), _midnight(last + _DAY)
        )
        # The calendar takes its time when it is first used.
        days = await asyncio.to_thread(sessions, since - _BEFORE, last)
        ended = frozenset(accounts) - now.accounts
        return history(pasts, days, since, ended, now.known_rates, base)


def _check(since: date, last: date) -> None:
    if not timedelta(0) <= last - since <= timedelta(days=_MOST_DAYS):
        message = f"since is before until, and at most {_MOST_DAYS} days before"
        raise Problem(ErrorCode.BAD_INPUT, message, field="since")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _NEW_YORK)
