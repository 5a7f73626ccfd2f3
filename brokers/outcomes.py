"""What became of a change whose answer does not tell it plainly."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

from brokers.contract import Found
from domain.errors import BrokerError, InvalidTicket, OutcomeUnknown, Unintelligible
from domain.facts import OrderReport


class Duplicate(InvalidTicket):
    """An order with this client order id exists already, so an earlier sending did arrive."""


@contextmanager
def perhaps_done() -> Iterator[None]:
    """Around a change: an answer that cannot be read says that it arrived, and no more."""
    try:
        yield
    except Unintelligible as error:
        message = error.message
    else:
        return
    raise OutcomeUnknown(message)


async def adopted(broker: str, finding: Awaitable[Found]) -> OrderReport:
    """The order that has our id already; it is there, so not finding it proves nothing."""
    try:
        found = await finding
    except BrokerError as error:
        failure = error.message
    else:
        if found.report is not None:
            return found.report
        failure = f"{broker} has an order with this id and does not show it"
    raise OutcomeUnknown(failure)
