"""The limits that every order has to keep, as a user sets them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import strawberry

from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, ConnectionId
from domain.risk import Limits, TradingScope
from graph.accounts import account_id
from graph.connections import connection_id
from graph.context import Info
from graph.errors import USER_ERRORS, UserError, outcome
from graph.fields import of, seconds
from graph.halting import LIMITS, TradingScopeInput, target_of
from graph.scalars import CurrencyCode

_LONGEST_WINDOW = 24 * 60 * 60
_MOST_SYMBOLS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """The limits of one scope."""

    scope: TradingScope
    subject: str
    limits: Limits


def _subject(source: strawberry.Parent[Limited]) -> strawberry.ID | None:
    match source.scope:
        case TradingScope.ACCOUNT:
            return account_id(AccountId(source.subject))
        case TradingScope.CONNECTION:
            return connection_id(ConnectionId(source.subject))
        case _:
            return None


@strawberry.type(description="What a user allows in one scope; null allows anything.")
class RiskLimits:
    """Declares what is shown of the domain's Limits."""

    scope: TradingScope = strawberry.field(description="How far they reach.")
    id: strawberry.ID | None = strawberry.field(
        resolver=_subject, description="The connection or the account, if it is one."
    )
    currency = of("limits.currency", CurrencyCode, "What money is in.")
    order_quantity = of("limits.order_quantity", Decimal | None, "Most units of an order.")
    order_notional = of("limits.order_notional", Decimal | None, "Most money of an order.")
    order_equity_percent = of(
        "limits.order_equity_percent", Decimal | None, "Most of the equity for an order."
    )
    position_quantity = of("limits.position_quantity", Decimal | None, "Most units held.")
    position_notional = of("limits.position_notional", Decimal | None, "Most money held.")
    position_equity_percent = of(
        "limits.position_equity_percent", Decimal | None, "Most of the equity in a position."
    )
    orders_per_minute = of("limits.orders_per_minute", int | None, "Most orders in a minute.")
    daily_notional = of("limits.daily_notional", Decimal | None, "Most money ordered in a day.")
    daily_loss = of("limits.daily_loss", Decimal | None, "Most loss since the day's opening.")
    price_collar_percent = of(
        "limits.price_collar_percent", Decimal | None, "Furthest limit price beyond the mark."
    )
    allowed_symbols = of(
        "limits.allowed_symbols",
        list[str] | None,
        "Only these.",
        shown_as=lambda names: None if names is None else sorted(names),
    )
    blocked_symbols = of("limits.blocked_symbols", list[str], "None of these.", shown_as=sorted)
    duplicate_window_seconds = seconds(
        "limits.duplicate_window", int | None, "How long the same order is refused again."
    )
    market_hours_only = of("limits.market_hours_only", bool, "Only in the regular session.")
    require_preview = of(
        "limits.require_preview",
        bool | None,
        "Whether to preview first; null: people who trade real money have to.",
    )


@strawberry.input(description="All limits of one scope: what is left out allows anything.")
class SetRiskLimitsInput:
    """Becomes Limits."""

    target: TradingScopeInput = strawberry.field(description="USER, CONNECTION or ACCOUNT.")
    currency: CurrencyCode = strawberry.field(
        default=CurrencyCode("USD"), description="What money is in."
    )
    order_quantity: Decimal | None = strawberry.field(default=None, description="Units.")
    order_notional: Decimal | None = strawberry.field(default=None, description="Money.")
    order_equity_percent: Decimal | None = strawberry.field(default=None, description="Percent.")
    position_quantity: Decimal | None = strawberry.field(default=None, description="Units.")
    position_notional: Decimal | None = strawberry.field(default=None, description="Money.")
    position_equity_percent: Decimal | None = strawberry.field(default=None, description="Percent.")
    orders_per_minute: int | None = strawberry.field(default=None, description="Orders.")
    daily_notional: Decimal | None = strawberry.field(default=None, description="Money.")
    daily_loss: Decimal | None = strawberry.field(default=None, description="Money.")
    price_collar_percent: Decimal | None = strawberry.field(default=None, description="Percent.")
    allowed_symbols: list[str] | None = strawberry.field(default=None, description="Only these.")
    blocked_symbols: list[str] = strawberry.field(
        default_factory=list, description="None of these."
    )
    duplicate_window_seconds: int | None = strawberry.field(default=None, description="Seconds.")
    market_hours_only: bool = strawberry.field(default=False, description="No other hours.")
    require_preview: bool | None = strawberry.field(default=None, description="Look first.")


@strawberry.type(description="The limits as they are after the mutation.")
class RiskLimitsPayload:
    """Of setRiskLimits."""

    risk_limits: Limited | None = strawberry.field(
        graphql_type=RiskLimits | None, description="The limits; null if nothing was set."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


def limits_of(given: SetRiskLimitsInput) -> Limits:
    """The domain's value; Problem for a limit that could not be meant."""
    figures = {
        name: getattr(given, name) for name in Limits.__dataclass_fields__ if hasattr(given, name)
    }
    for name, figure in figures.items():
        if isinstance(figure, Decimal | int) and figure < 0:
            raise Problem(ErrorCode.BAD_INPUT, f"{name} is zero or more", field=name)
    window, allowed = given.duplicate_window_seconds, given.allowed_symbols
    if window is not None and not 0 < window <= _LONGEST_WINDOW:
        message = f"a window is 1 to {_LONGEST_WINDOW} seconds"
        raise Problem(ErrorCode.BAD_INPUT, message, field="duplicateWindowSeconds")
    if len(allowed or ()) > _MOST_SYMBOLS or len(given.blocked_symbols) > _MOST_SYMBOLS:
        raise Problem(ErrorCode.BAD_INPUT, f"at most {_MOST_SYMBOLS} symbols")
    return Limits(
        **{
            **figures,
            "allowed_symbols": None if allowed is None else frozenset(allowed),
            "blocked_symbols": frozenset(given.blocked_symbols),
            "duplicate_window": None if window is None else timedelta(seconds=window),
        }
    )


@strawberry.type
class RiskQuery:
    """Root fields about limits."""

    @strawberry.field(
        graphql_type=list[RiskLimits],
        description="Every set of limits that the user has.",
        metadata={"whole": True},
    )
    async def risk_limits(self, info: Info) -> list[Limited]:
        """What is not listed is not limited."""
        found = await info.context.services.desk.limits.shown(info.context.viewer.user_id)
        return [
            Limited(scope=scope, subject=subject, limits=limits)
            for (scope, subject), limits in found.items()
        ]


@strawberry.type
class RiskMutation:
    """Setting limits takes the same right as trading."""

    @strawberry.mutation(description="Set all limits of a scope at once.", metadata=LIMITS)
    async def set_risk_limits(self, info: Info, input: SetRiskLimitsInput) -> RiskLimitsPayload:
        """Audited."""

        async def work() -> Limited:
            scope, subject = target_of(info.context, input.target)
            if scope is TradingScope.SERVER:
                raise Problem(ErrorCode.BAD_INPUT, "limits are a user's", field="target")
            desk, user = info.context.services.desk, info.context.viewer.user_id
            await desk.states.accounts(user, scope, subject)
            limits = await desk.limits.set(user, scope, subject, limits_of(input))
            return Limited(scope=scope, subject=subject, limits=limits)

        made, errors = await outcome(work())
        return RiskLimitsPayload(risk_limits=made, user_errors=errors)
