"""The limits that a user has set, one set a scope."""

from collections.abc import Iterable, Mapping

from domain.audit import AuditEntry
from domain.ids import UserId
from domain.risk import Limits, TradingScope
from store.codec import decode, encode
from store.models import LimitsRow
from store.trading_states import scope_id
from store.unit import Unit
from store.writer import Writer


async def limits_of(user: UserId, ids: Iterable[str]) -> Mapping[str, Limits]:
    """The user's limits of these scopes, by scope id; read inside the transaction there is."""
    rows = await LimitsRow.filter(user_id=user, id__in=list(ids))
    return {row.id: decode(Limits, row.value) for row in rows}


class RiskLimits:
    """Sets and shows them; every change is audited."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def set(self, user: UserId, scope: TradingScope, subject: str, limits: Limits) -> Limits:
        """All limits of a scope at once: what is not given allows anything."""

        async def job(unit: Unit) -> Limits:
            row = LimitsRow(id=scope_id(scope, subject), user_id=user, value=encode(limits))
            await LimitsRow.bulk_create([row], on_conflict=["id"], update_fields=["value"])
            unit.audit(
                AuditEntry(
                    at=unit.now,
                    actor=user,
                    action="risk.limits",
                    outcome="SET",
                    detail={"scope": row.id, "limits": row.value},
                )
            )
            return limits

        return await self._writer.write(user, job)

    async def shown(self, user: UserId) -> Mapping[tuple[TradingScope, str], Limits]:
        """Every set that the user has, by scope and subject."""
        found: dict[tuple[TradingScope, str], Limits] = {}
        for row in await LimitsRow.filter(user_id=user).order_by("id"):
            scope, _, subject = row.id.partition(":")
            found[TradingScope(scope), subject] = decode(Limits, row.value)
        return found
