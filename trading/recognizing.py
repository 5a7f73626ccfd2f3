"""Finding an order again by what it says, where the broker does not tell our id back."""

from brokers.contract import Broker, Found
from domain.ids import OrderId
from domain.intent import Intent
from domain.likeness import SKEW, Sought, recognized
from trading.ports import Ports

_MOST = 1_000


class Recognizing:
    """Looks among the orders that a broker lists; what is known to be another's is left out."""

    def __init__(self, ports: Ports) -> None:
        self._intents, self._reads = ports.intents, ports.reads

    async def look(self, intent: Intent, broker: Broker, number: str) -> Found:
        """The order, if only one can be it; that there is none proves nothing."""
        sought = await self._sought(intent, number, await self._others(intent))
        unresolved = await self._intents.unresolved([intent.user_id])
        unknown = [
            await self._sought(other, number, frozenset())
            for other in unresolved
            if other.id != intent.id and other.account_id == intent.account_id
        ]
        listed = (await broker.snapshot(number)).orders
        return Found(report=recognized(sought, listed, unknown))

    async def _sought(self, intent: Intent, number: str, others: frozenset[str]) -> Sought:
        """Sent between its being written down and its deadline, after which nothing leaves."""
        return Sought(
            ticket=intent.ticket(number),
            since=intent.created_at,
            until=max(intent.created_at, intent.deadline),
            replaces=await self._replaced(intent),
            others=others,
        )

    async def _replaced(self, intent: Intent) -> str | None:
        if intent.replaces is None:
            return None
        order = await self._reads.order(intent.user_id, OrderId(intent.replaces))
        return None if order is None else order.broker_order_id

    async def _others(self, intent: Intent) -> frozenset[str]:
        """Broker ids of our own orders of that time: each is known to be of another intent."""
        page = await self._reads.orders(
            intent.user_id,
            accounts=[intent.account_id],
            since=intent.created_at - 2 * SKEW,
            first=_MOST,
        )
        ours = [order for order in page.items if order.client_order_id is not None]
        earlier = (name for order in ours for name in order.earlier_broker_ids)
        return frozenset((*earlier, *(order.broker_order_id for order in ours)))
