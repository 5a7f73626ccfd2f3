"""Stopping trading and resuming it."""

from datetime import datetime

import strawberry
from strawberry import Parent

from domain.access import Role, Scope
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, ConnectionId
from domain.intent import Intent as IntentValue
from domain.order import Order as OrderValue
from domain.risk import TradingScope, TradingState
from graph.accounts import account_id, account_key
from graph.connections import connection_id, connection_key
from graph.context import Context, Info
from graph.errors import USER_ERRORS, UserError, outcome
from graph.fields import of
from graph.instruments import Instrument
from graph.intents import Intent
from graph.orders import Order
from graph.trading import UnconfirmedCancel
from store.trading_states import Standing as StandingValue
from trading.canceling import Unconfirmed
from trading.halt import Halted, NotFlattened

LIMITS = {"scope": Scope.TRADE, "whole": True}
# An admin may stop the server and may not trade, so what it takes depends on the target.
SWITCHES = {"scope": None, "whole": True}


@strawberry.input(description="Which part of trading is meant.")
class TradingScopeInput:
    """The id names the connection or the account; nothing for the user and the server."""

    scope: TradingScope = strawberry.field(description="How far it reaches; SERVER is for admins.")
    id: strawberry.ID | None = strawberry.field(
        default=None, description="The connection or the account."
    )


@strawberry.input(description="What to stop, and how far to go.")
class HaltInput:
    """Blocks, waits out what is leaving, cancels what is open, then flattens if asked."""

    target: TradingScopeInput = strawberry.field(description="What to stop.")
    state: TradingState = strawberry.field(
        default=TradingState.HALTED, description="REDUCING still lets exits through."
    )
    flatten: bool = strawberry.field(
        default=False, description="Whether to close every position at the market."
    )
    reason: str = strawberry.field(default="", description="Kept with the state.")


@strawberry.input(description="What to let trade again.")
class ResumeInput:
    """Wider and narrower scopes keep their own state."""

    target: TradingScopeInput = strawberry.field(description="What to resume.")


def _subject(source: Parent[StandingValue]) -> strawberry.ID | None:
    match source.scope:
        case TradingScope.ACCOUNT:
            return account_id(AccountId(source.subject))
        case TradingScope.CONNECTION:
            return connection_id(ConnectionId(source.subject))
        case _:
            return None


@strawberry.type(description="Whether a scope may trade.")
class TradingStanding:
    """Declares what is shown of the store's Standing."""

    scope: TradingScope = strawberry.field(description="How far it reaches.")
    id: strawberry.ID | None = strawberry.field(
        resolver=_subject, description="The connection or the account, if it is one."
    )
    state: TradingState = strawberry.field(description="What may be ordered.")
    since: datetime = strawberry.field(description="Since when.")
    reason: str = strawberry.field(description="What whoever set it wrote.")


@strawberry.type(description="A position for which no exit was placed.")
class NotFlattenedPosition:
    """Declares what is shown of trading's NotFlattened."""

    account_id = of("account_id", strawberry.ID, "The account.", shown_as=account_id)
    instrument = of("holding.instrument", Instrument, "What is held.")
    code: ErrorCode = strawberry.field(description="Why.")
    message: str = strawberry.field(description="Why, in words.")


@strawberry.type(description="How much a halt found, of all users that it reached.")
class HaltCounts:
    """Numbers, because what others own is not shown to whoever stops the server."""

    in_flight: int = strawberry.field(description="What left before, and may still turn up.")
    over: int = strawberry.field(description="Orders that are over now.")
    unconfirmed: int = strawberry.field(description="Orders that may still be working.")
    exits: int = strawberry.field(description="Exits that were placed.")
    not_flattened: int = strawberry.field(description="Positions for which none was placed.")


@strawberry.type(
    description="What a halt did, and what it could not confirm. Of a halt of the server the lists "
    "hold what is the viewer's own; `counts` has all of it."
)
class HaltPayload:
    """Of halt."""

    standing: StandingValue | None = strawberry.field(
        graphql_type=TradingStanding | None, description="The state that was set."
    )
    in_flight: list[IntentValue] = strawberry.field(
        graphql_type=list[Intent], description="What left before, and may still turn up."
    )
    over: list[OrderValue] = strawberry.field(
        graphql_type=list[Order], description="Orders that are over now."
    )
    unconfirmed: list[Unconfirmed] = strawberry.field(
        graphql_type=list[UnconfirmedCancel], description="Orders that may still be working."
    )
    exits: list[IntentValue] = strawberry.field(
        graphql_type=list[Intent], description="Exits that were placed, if flattening was asked."
    )
    not_flattened: list[NotFlattened] = strawberry.field(
        graphql_type=list[NotFlattenedPosition],
        description="Positions for which no exit was placed.",
    )
    counts: HaltCounts | None = strawberry.field(description="How much there is of each.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What was resumed.")
class ResumePayload:
    """Of resume."""

    standing: StandingValue | None = strawberry.field(
        graphql_type=TradingStanding | None, description="The state that was set."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


def target_of(context: Context, given: TradingScopeInput) -> tuple[TradingScope, str]:
    """The scope and its subject; Problem if the viewer may not touch it."""
    viewer = context.viewer
    match given.scope:
        case TradingScope.SERVER:
            if viewer.role is not Role.ADMIN or Scope.ADMIN not in viewer.scopes:
                raise Problem(ErrorCode.FORBIDDEN, "only an admin may stop the whole server")
            return given.scope, ""
        case _ if not viewer.scopes >= {Scope.READ, Scope.TRADE}:
            raise Problem(ErrorCode.FORBIDDEN, "this needs the scopes read and trade")
        case TradingScope.USER:
            return given.scope, context.viewer.user_id
        case TradingScope.CONNECTION:
            return given.scope, connection_key(given.id or "")
        case TradingScope.ACCOUNT:
            return given.scope, account_key(given.id or "")


async def _shown(context: Context, halted: Halted) -> HaltPayload:
    """All that was counted, and what of it is the viewer's own."""
    owned = await context.services.reads.accounts(context.viewer.user_id)
    own = frozenset(account.id for account in owned)
    swept = halted.swept
    return HaltPayload(
        standing=halted.standing,
        in_flight=[intent for intent in halted.in_flight if intent.account_id in own],
        over=[order for order in swept.over if order.account_id in own],
        unconfirmed=[left for left in swept.unconfirmed if left.order.account_id in own],
        exits=[intent for intent in halted.exits if intent.account_id in own],
        not_flattened=[held for held in halted.not_flattened if held.account_id in own],
        counts=HaltCounts(
            in_flight=len(halted.in_flight),
            over=len(swept.over),
            unconfirmed=len(swept.unconfirmed),
            exits=len(halted.exits),
            not_flattened=len(halted.not_flattened),
        ),
        user_errors=[],
    )


@strawberry.type
class HaltQuery:
    """Root fields about who may trade."""

    @strawberry.field(
        graphql_type=list[TradingStanding],
        description="Every state that was set for the user, the user's accounts and connections, "
        "and the server; what is not listed is ACTIVE.",
        metadata={"whole": True},
    )
    async def trading_states(self, info: Info) -> list[StandingValue]:
        """Of all scopes that an order of this user falls into."""
        services, user = info.context.services, info.context.viewer.user_id
        accounts = await services.reads.accounts(user)
        connections = await services.reads.connections(user)
        subjects: dict[TradingScope, list[str]] = {
            TradingScope.USER: [user],
            TradingScope.ACCOUNT: [account.id for account in accounts],
            TradingScope.CONNECTION: [connection.id for connection in connections],
        }
        return list(await services.desk.states.shown(subjects))


@strawberry.type
class HaltMutation:
    """The switch."""

    @strawberry.mutation(
        description="Stop trading. Once it returns, nothing that adds exposure leaves.",
        metadata=SWITCHES,
    )
    async def halt(self, info: Info, input: HaltInput) -> HaltPayload:
        """Takes as long as what is leaving takes, at most its deadline."""

        async def work() -> Halted:
            scope, subject = target_of(info.context, input.target)
            return await info.context.services.desk.halt.halt(
                info.context.viewer.user_id,
                scope,
                subject,
                state=input.state,
                flatten=input.flatten,
                reason=input.reason[:200],
            )

        done, errors = await outcome(work())
        if done is not None:
            return await _shown(info.context, done)
        return HaltPayload(
            standing=None,
            in_flight=[],
            over=[],
            unconfirmed=[],
            exits=[],
            not_flattened=[],
            counts=None,
            user_errors=errors,
        )

    @strawberry.mutation(description="Trade again.", metadata=SWITCHES)
    async def resume(self, info: Info, input: ResumeInput) -> ResumePayload:
        """Audited, as halting is."""

        async def work() -> StandingValue:
            scope, subject = target_of(info.context, input.target)
            user = info.context.viewer.user_id
            return await info.context.services.desk.halt.resume(user, scope, subject)

        standing, errors = await outcome(work())
        return ResumePayload(standing=standing, user_errors=errors)
