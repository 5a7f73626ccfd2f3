"""What is left of each purchase: the oldest is sold first."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sandbox.account import Account
from sandbox.orders import Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One purchase, or one short sale, whose quantities are negative."""

    execution: str
    order: str
    price: Decimal
    original: Decimal
    left: Decimal
    at: datetime


def lots(account: Account, symbol: str) -> tuple[Lot, ...]:
    """The lots of a holding, oldest first."""
    open_: deque[Lot] = deque()
    executions = sorted(account.executions.values(), key=lambda one: one.at)
    for execution in (one for one in executions if one.symbol == symbol):
        left = _close(open_, execution.quantity * execution.side.sign)
        if left:
            open_.append(_opened(execution, left))
    return tuple(open_)


def _close(open_: deque[Lot], quantity: Decimal) -> Decimal:
    """Take a quantity of the other direction off the oldest lots; what it opens anew."""
    while open_ and open_[0].left * quantity < 0:
        taken = min(abs(open_[0].left), abs(quantity)).copy_sign(quantity)
        quantity -= taken
        lot = replace(open_[0], left=open_[0].left + taken)
        open_.popleft()
        if lot.left:
            open_.appendleft(lot)
        if not quantity:
            break
    return quantity


def _opened(execution: Execution, quantity: Decimal) -> Lot:
    return Lot(
        execution=execution.id,
        order=execution.order_id,
        price=execution.price,
        original=quantity,
        left=quantity,
        at=execution.at,
    )
