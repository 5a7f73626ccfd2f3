"""Orders as text and back: what was written or read of late is not decoded again."""

from collections import OrderedDict
from dataclasses import replace

from domain.ids import ConnectionId
from domain.order import Order
from store.chain import Link
from store.codec import decode, encode
from store.merge import Known

# About 10 KB each.
_MOST = 5_000

# The order, its links, and the connection that the row says it comes through.
_Text = tuple[str, str, ConnectionId]


class StoredOrders:
    """Equal text is an equal order, so nothing that is kept is ever out of date."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: OrderedDict[_Text, Known] = OrderedDict()

    def write(self, known: Known) -> tuple[str, str]:
        """The order and its links as they are stored."""
        order, links = encode(known.order), encode(known.links)
        self._keep((order, links, known.order.connection_id), known)
        return order, links

    def read(self, order: str, links: str, connection: ConnectionId) -> Known:
        """What they say; raises Unreadable. The connection is the row's to say."""
        text = (order, links, connection)
        known = self._kept.pop(text, None) or _decoded(*text)
        self._keep(text, known)
        return known

    def _keep(self, text: _Text, known: Known) -> None:
        self._kept[text] = known
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _decoded(order: str, links: str, connection: ConnectionId) -> Known:
    return Known(
        order=replace(decode(Order, order), connection_id=connection),
        links=decode(tuple[Link, ...], links),
    )
