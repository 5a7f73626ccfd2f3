"""What the facts of one broker order id add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.facts import Facts, Said
from domain.money import EXACT, ZERO, times
from domain.order import TERMINAL, Execution, OrderStatus

_CENT_OF_NANO = Decimal("1e-9")
# Said to be so by the broker itself, so shown although fills have begun.
_HELD_UP = frozenset(
    {
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PENDING_REPLACE,
        OrderStatus.DONE_FOR_DAY,
        OrderStatus.CALCULATED,
        OrderStatus.STOPPED,
        OrderStatus.SUSPENDED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What the facts of one broker order id add up to; `executions` are those that stand."""

    executions: tuple[Execution, ...]
    filled: Decimal
    average_price: Decimal | None
    status: OrderStatus


def summed(facts: Facts) -> Sum:
    """All that they mean together.

    Filled is what the executions add up to or what the broker claims, whichever is more. The
    average price per unit is the broker's own, else worked out once executions explain every unit.
    """
    executions, claimed, known = _standing(facts), _claim(facts), ZERO
    for execution in executions:
        known = EXACT.add(known, execution.quantity)
    done = max(known, claimed.filled_quantity)
    return Sum(
        executions=executions,
        filled=done,
        average_price=_average_price(executions, known, claimed),
        status=_status(facts, done),
    )


def _standing(facts: Facts) -> tuple[Execution, ...]:
    """The executions that were not taken back, oldest first."""
    kept = (e for key, e in facts.executions.items() if key not in facts.busted)
    return tuple(sorted(kept, key=lambda e: (e.at, e.execution_id)))


def _claim(facts: Facts) -> Said:
    """The broker's word on what was filled: the most it ever claimed, unless fills were amended.

    After a bust or a correction only the latest word counts, because the total may have shrunk.
    """
    amended = facts.busted or any(e.revision for e in facts.executions.values())
    return facts.said if amended else facts.furthest


def _average_price(
    executions: Sequence[Execution], quantity: Decimal, claimed: Said
) -> Decimal | None:
    if quantity <= claimed.filled_quantity and claimed.average_price is not None:
        return claimed.average_price
    if not quantity or quantity < claimed.filled_quantity:
        return None
    paid = ZERO
    for execution in executions:
        paid = EXACT.add(paid, times(execution.quantity, execution.price))
    return EXACT.divide(paid, quantity).quantize(_CENT_OF_NANO, context=EXACT)


def _status(facts: Facts, done: Decimal) -> OrderStatus:
    """A complete fill beats everything; a terminal claim beats what is said since.

    So a late report never reopens an order; a bust takes the claim of a complete fill back.
    """
    asked = facts.said.terms.quantity
    if asked is not None and asked > 0 and done >= asked:
        return OrderStatus.FILLED
    claims = facts.terminal - ({OrderStatus.FILLED} if facts.busted else frozenset())
    if claims:
        return max(claims, key=TERMINAL.index)
    said = facts.said.status
    if said in _HELD_UP:
        return said
    if done > 0:
        return OrderStatus.PARTIALLY_FILLED
    return OrderStatus.UNKNOWN if said is OrderStatus.FILLED else said
