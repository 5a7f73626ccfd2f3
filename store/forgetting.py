"""Erasing all that is kept of a person, whatever table it is in."""

from tortoise.models import Model

from domain.risk import TradingScope
from store.access_models import (
    IdentityRow,
    LinkRow,
    RecoveryCodeRow,
    SecondFactorRow,
    SignInRow,
    TokenRow,
    UserRow,
)
from store.consent_models import ConsentRow
from store.models import (
    AccountLink,
    AccountRow,
    ConnectionRow,
    CredentialRow,
    HoldingRow,
    IntentRow,
    JournalRow,
    LimitsRow,
    MarkRow,
    OrderLink,
    OrderRow,
    SyncRow,
    TradingStateRow,
)
from store.money_models import EquityRow, TransactionRow
from store.trading_states import scope_id
from store.unit import Unit

# The stream stays, so that revisions are never given twice; so does the audit's seal.
_BY_USER: tuple[type[Model], ...] = (
    AccountRow,
    ConnectionRow,
    ConsentRow,
    CredentialRow,
    EquityRow,
    HoldingRow,
    IdentityRow,
    IntentRow,
    JournalRow,
    LimitsRow,
    LinkRow,
    MarkRow,
    OrderRow,
    RecoveryCodeRow,
    SecondFactorRow,
    SignInRow,
    SyncRow,
    TokenRow,
    TransactionRow,
)


async def forget(unit: Unit) -> None:
    """Erase every row of the unit's user; call it inside a transaction."""
    user = unit.user
    accounts = await _ids(AccountRow, user)
    connections = await _ids(ConnectionRow, user)
    for rows in (AccountLink, OrderLink):
        await rows.filter(account_id__in=accounts).delete()
    scopes = [scope_id(TradingScope.USER, user)]
    scopes += [scope_id(TradingScope.ACCOUNT, account) for account in accounts]
    scopes += [scope_id(TradingScope.CONNECTION, connection) for connection in connections]
    await TradingStateRow.filter(id__in=scopes).delete()
    for model in _BY_USER:
        await model.filter(user_id=user).delete()
    await UserRow.filter(id=user).delete()


async def _ids(model: type[Model], user: str) -> list[str]:
    return list(map(str, await model.filter(user_id=user).values_list("id", flat=True)))
