"""What E*TRADE works out of an order before it is placed."""

from decimal import Decimal

from brokers.wire import Row
from domain.errors import Unintelligible
from domain.instrument import Instrument
from domain.preview import Preview, PreviewSource

_POWERS = ("marginable", "cash", "nonMarginable")
_MOST_SAID = 10


def ids(response: Row) -> tuple[str, ...]:
    """What has to be handed back to place it; Unintelligible if nothing is."""
    found = tuple(row.text("previewId") for row in response.rows("previewIds"))
    named = tuple(one for one in found if one is not None)
    if not named:
        raise Unintelligible("E*TRADE's preview has no id")
    return named


def preview(response: Row, instrument: Instrument) -> Preview:
    """Cost with the commission in it, negative for what comes in."""
    orders = response.rows("order")
    order = orders[0] if orders else Row({}, "the order")
    fees = order.figure("estimatedFees")
    commission = order.figure("estimatedCommission")
    return Preview(
        source=PreviewSource.BROKER,
        currency=instrument.currency,
        cost=order.figure("estimatedTotalAmount") or response.figure("totalOrderValue"),
        commission=commission if not fees else (commission or Decimal(0)) + fees,
        buying_power_after=_power(response),
        warnings=_warnings(response, order),
    )


def _power(response: Row) -> Decimal | None:
    details = response.row("marginBpDetails") or response
    parts = (details.row(name) for name in _POWERS)
    found = (part.figure("netBp") for part in parts if part is not None)
    return next((power for power in found if power is not None), None)


def _warnings(response: Row, order: Row) -> tuple[str, ...]:
    """E*TRADE's own words, of the order and of the whole."""
    lists = (
        order.row("messages"),
        response.row("messageList"),
        response.row("messages"),
    )
    rows = [row for one in lists if one is not None for row in one.rows("message")]
    told = dict.fromkeys(row.words("description").removeprefix("200|") for row in rows)
    return tuple(text for text in told if text)[:_MOST_SAID]
