"""The switch that stops trading: blocks, waits out what is leaving, takes back what is open."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from domain.errors import BrokerError, ErrorCode, Problem
from domain.holding import Holding
from domain.ids import AccountId, UserId
from domain.intent import Intent, IntentKind, IntentState
from domain.order import Order
from domain.risk import TradingScope, TradingState
from store.trading_states import Standing
from trading.canceling import Canceling, Swept, Unconfirmed
from trading.orders import Orders
from trading.ports import Ports

_PAGE = 200
_EVERY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFlattened:
    """A holding for which no exit could be placed, and why."""

    account_id: AccountId
    holding: Holding
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """What a halt did, and what it could not confirm.

    `in_flight` may still turn up at a broker; `unconfirmed` may still be working.
    """

    standing: Standing
    in_flight: tuple[Intent, ...] = ()
    swept: Swept = field(default_factory=lambda: Swept(over=(), unconfirmed=()))
    exits: tuple[Intent, ...] = ()
    not_flattened: tuple[NotFlattened, ...] = ()


class Halt:
    """Once `halt` has returned nothing that adds exposure leaves."""

    def __init__(self, ports: Ports, canceling: Canceling, orders: Orders) -> None:
        self._states, self._intents, self._reads = ports.states, ports.intents, ports.reads
        self._canceling, self._orders, self._clock = canceling, orders, ports.clock

    async def halt(
        self,
        user: UserId,
        scope: TradingScope,
        subject: str,
        *,
        state: TradingState = TradingState.HALTED,
        flatten: bool = False,
        reason: str = "",
    ) -> Halted:
        """Commit the state, wait until nothing is leaving, cancel what is open, then flatten.

        Raises Problem(NOT_FOUND) if the scope is not the user's.
        """
        if state is TradingState.ACTIVE:
            raise Problem(ErrorCode.BAD_INPUT, "to trade again, resume", field="state")
        accounts = await self._states.accounts(user, scope, subject)
        standing = await self._states.set(user, scope, subject, state, reason=reason)
        await self._wait_out(accounts)
        swept = await self._sweep(accounts)
        exits, missed = await self._flatten(accounts) if flatten else ((), ())
        return Halted(
            standing=standing,
            in_flight=await self._in_flight(accounts),
            swept=swept,
            exits=exits,
            not_flattened=missed,
        )

    async def resume(self, user: UserId, scope: TradingScope, subject: str) -> Standing:
        """Trade again in this scope; wider and narrower ones keep their own state."""
        await self._states.accounts(user, scope, subject)
        return await self._states.set(user, scope, subject, TradingState.ACTIVE)

    async def _wait_out(self, accounts: Iterable[AccountId]) -> None:
        """Until every sending has come to an end, by its answer or by its deadline."""
        while True:
            leaving = [
                intent
                for intent in await self._in_flight(accounts)
                if intent.state is IntentState.SENDING and self._clock.now() <= intent.deadline
            ]
            if not leaving:
                return
            await self._clock.sleep(_EVERY)

    async def _in_flight(self, accounts: Iterable[AccountId]) -> tuple[Intent, ...]:
        """What left, or may have, and is not known to have arrived."""
        within = frozenset(accounts)
        return tuple(
            intent
            for intent in await self._intents.unresolved()
            if intent.account_id in within and intent.state is not IntentState.PENDING
        )

    async def _sweep(self, accounts: Mapping[AccountId, UserId]) -> Swept:
        over: list[Order] = []
        unconfirmed: list[Unconfirmed] = []
        for user in sorted(set(accounts.values())):
            owned = [account for account, owner in accounts.items() if owner == user]
            swept = await self._canceling.every(user, owned)
            over += swept.over
            unconfirmed += swept.unconfirmed
        return Swept(over=tuple(over), unconfirmed=tuple(unconfirmed))

    async def _flatten(
        self, accounts: Mapping[AccountId, UserId]
    ) -> tuple[tuple[Intent, ...], tuple[NotFlattened, ...]]:
        exits: list[Intent] = []
        missed: list[NotFlattened] = []
        run = uuid4().hex
        for account, user in accounts.items():
            for holding in await self._holdings(user, account):
                left = await self._exit(user, account, holding, run)
                if isinstance(left, Intent):
                    exits.append(left)
                else:
                    missed.append(left)
        return tuple(exits), tuple(missed)

    async def _exit(
        self, user: UserId, account: AccountId, holding: Holding, run: str
    ) -> Intent | NotFlattened:
        instrument = holding.instrument.id
        key = hashlib.sha256(f"{run}|{account}|{instrument}".encode()).hexdigest()
        try:
            return await self._orders.close(
                user, account, instrument, key=f"flatten-{key}", kind=IntentKind.FLATTEN
            )
        except (Problem, BrokerError) as error:
            return NotFlattened(
                account_id=account, holding=holding, code=error.code, message=error.message
            )

    async def _holdings(self, user: UserId, account: AccountId) -> list[Holding]:
        found: list[Holding] = []
        after: str | None = None
        while True:
            page = await self._reads.holdings(user, accounts=[account], first=_PAGE, after=after)
            found += [change.holding for change in page.items]
            if not page.has_next:
                return found
            after = page.cursors[-1]
