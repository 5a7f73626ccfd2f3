"""Who belongs to whom: brackets, one-cancels-other pairs and the legs of a multi-leg order."""

from sandbox.account import Account
from sandbox.orders import Contingency, Order, OrdStatus


def legs(account: Account, order: Order) -> list[Order]:
    """The orders that hang on it, in the order they were asked for."""
    return [account.orders[one] for one in order.leg_ids]


def parent(account: Account, order: Order) -> Order | None:
    """The order it hangs on."""
    return account.orders[order.parent_id] if order.parent_id else None


def rivals(account: Account, order: Order) -> list[Order]:
    """It and those that it would cancel by filling; alone where there is no such pair."""
    group = order.ticket.group
    if group:
        return [one for one in account.orders.values() if one.ticket.group == group]
    head = parent(account, order) or order
    if head.ticket.contingency is Contingency.OCO:
        return [head, *legs(account, head)]
    if head.ticket.contingency is Contingency.OTOCO and order is not head:
        return legs(account, head)
    return [order]


def holds_quantity(account: Account, order: Order) -> bool:
    """Whether it counts against what can still be sold: of rivals only the first live one does."""
    superseded = order.status is OrdStatus.PENDING_REPLACE and order.amended is None
    idle = superseded or order.status is OrdStatus.SUSPENDED
    if not order.live or idle or _is_leg_of_multileg(account, order):
        return False
    return next(one for one in rivals(account, order) if one.live).id == order.id


def _is_leg_of_multileg(account: Account, order: Order) -> bool:
    head = parent(account, order) or order
    return head.ticket.contingency is Contingency.MULTILEG
