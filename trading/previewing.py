"""What an order would cost: by the broker's own word where it gives one, else by our reckoning."""

from dataclasses import replace
from datetime import timedelta

from brokers.contract import Broker
from domain.capabilities import PreviewBy
from domain.connection import Connection
from domain.errors import BrokerError
from domain.ids import AccountId, UserId
from domain.intent import new_client_order_id
from domain.money import ZERO
from domain.preview import Preview, estimate, token, told, untold
from domain.ticket import Ticket
from trading.drafts import place_body
from trading.placing import Placing
from trading.ports import Ports
from trading.prices import Prices
from trading.steps import Steps
from trading.wanted import Draft, check_steps, check_supported

PREVIEW_LASTS = timedelta(minutes=2)


class Previewing:
    """Creates nothing, here or at the broker."""

    def __init__(self, ports: Ports, placing: Placing, prices: Prices, steps: Steps) -> None:
        self._placing, self._prices, self._steps = placing, prices, steps
        self._intents = ports.intents
        self._reads, self._lines, self._plugins = ports.reads, ports.lines, ports.plugins
        self._clock, self._secret = ports.clock, ports.secret

    async def preview(self, user: UserId, account: AccountId, draft: Draft) -> Preview:
        """What it would cost and leave behind, with a token that placing takes."""
        connection = await self._placing.connection_of(user, account)
        able = self._plugins[connection.broker].capabilities
        check_supported(draft, able)
        broker = await self._lines.open(connection)
        check_steps(draft, await self._steps.of(connection, broker, [draft.instrument]))
        seen = await self._estimated(connection, broker, account, draft)
        if able.preview is PreviewBy.BROKER:
            seen = await self._asked(broker, account, draft, seen)
        until = self._clock.now() + PREVIEW_LASTS
        body = place_body(account, draft)
        return replace(seen, token=token(self._secret, user, body, until), expires_at=until)

    async def _estimated(
        self, connection: Connection, broker: Broker, account: AccountId, draft: Draft
    ) -> Preview:
        user, held_as = connection.user_id, draft.instrument.held_as
        mark = (await self._prices.marks(connection, broker, [draft.instrument])).get(held_as)
        holding = await self._reads.holding(user, account, held_as)
        valuation = (await self._reads.valuations(user, [account])).get(account)
        return estimate(
            draft.instrument,
            draft.terms,
            mark=mark.price if mark else None,
            mark_as_of=mark.as_of if mark else None,
            buying_power=valuation.buying_power if valuation else None,
            held=holding.holding.quantity if holding else ZERO,
        )

    async def _asked(
        self, broker: Broker, account: AccountId, draft: Draft, own: Preview
    ) -> Preview:
        """Ours with a warning where the broker refuses or cannot be asked."""
        ticket = Ticket(
            account=await self._intents.number(account),
            client_order_id=new_client_order_id(),
            instrument=draft.instrument,
            terms=draft.terms,
            legs=draft.legs,
            exits=draft.exits,
        )
        try:
            answer = await broker.preview(ticket)
        except BrokerError as error:
            return untold(own, error.message)
        return own if answer is None else told(answer, own)
