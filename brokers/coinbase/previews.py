"""What Coinbase says that an order would cost."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from brokers.wire import Row, said
from domain.money import EXACT
from domain.order import OrderSide
from domain.preview import Preview, PreviewSource
from domain.ticket import Ticket


def previewed(body: Row, ticket: Ticket, at: datetime) -> Preview:
    """Figures in the pair's second currency; what it would be refused for is a warning."""
    total = body.figure("order_total")
    sells = ticket.terms.side is OrderSide.SELL
    cost = EXACT.minus(total) if sells and total is not None else total
    touch = "best_bid" if sells else "best_ask"
    price = body.figure("average_filled_price") or ticket.terms.limit_price or body.figure(touch)
    return Preview(
        source=PreviewSource.BROKER,
        currency=ticket.instrument.currency,
        price=price,
        price_as_of=at,
        cost=cost,
        commission=body.figure("commission_total"),
        warnings=tuple(_warnings(body)),
    )


def _warnings(body: Row) -> Iterator[str]:
    """Each of `errs` and `warning` is a word, or as the SDK has it an object."""
    for name, means in (("errs", "Coinbase would refuse it"), ("warning", "Coinbase warns")):
        for value in body.values(name):
            words = _words(value)
            if words:
                yield f"{means}: {words}"


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return next((text for one in value.values() if (text := said(one))), "")
    return said(value)
