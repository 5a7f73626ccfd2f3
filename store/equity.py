"""What accounts were worth over time; a point is written once and never changed."""

from collections.abc import Collection
from datetime import datetime

from domain.equity import EquityPoint, EquityTold, Past
from domain.ids import AccountId, ConnectionId, UserId
from store.codec import decode, encode
from store.models import AccountRow
from store.money_models import EquityRow
from store.unit import Unit


async def take(unit: Unit, account: AccountRow, told: EquityTold) -> None:
    """Keep the points; one of the same moment is the same."""
    rows = [
        EquityRow(user_id=unit.user, account_id=account.id, at=point.at, value=encode(point))
        for point in told.points
    ]
    if rows:
        await EquityRow.bulk_create(rows, ignore_conflicts=True)


async def newest(connection: ConnectionId, number: str) -> datetime | None:
    """When the account's last point was taken, None if there is none."""
    account = await AccountRow.get_or_none(connection_id=connection, number=number)
    if account is None:
        return None
    found = await EquityRow.filter(account_id=account.id).order_by("-at").first()
    return None if found is None else found.at


async def points(
    user: UserId, accounts: Collection[AccountId], since: datetime, until: datetime
) -> dict[AccountId, Past]:
    """Those of each account from one moment to another, and its first."""
    rows = EquityRow.filter(
        user_id=user, account_id__in=list(accounts), at__gte=since, at__lt=until
    )
    found: dict[AccountId, list[EquityPoint]] = {account: [] for account in accounts}
    for row in await rows.order_by("at"):
        found[AccountId(row.account_id)].append(decode(EquityPoint, row.value))
    return {
        account: Past(first=await _first(user, account), points=tuple(each))
        for account, each in found.items()
    }


async def _first(user: UserId, account: AccountId) -> EquityPoint | None:
    row = await EquityRow.filter(user_id=user, account_id=account).order_by("at").first()
    return None if row is None else decode(EquityPoint, row.value)
