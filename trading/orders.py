"""What a person or a machine may ask of orders: place, replace, close."""

import asyncio
from dataclasses import asdict
from decimal import Decimal

from brokers.market_hours import is_open
from domain.books import Books
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, InstrumentId, OrderId, UserId
from domain.instrument import Instrument
from domain.intent import KEY_LENGTH, Intent, IntentKind, fingerprint
from domain.ticket_options import TicketOptions, ticket_options
from trading.drafts import Changes, Looked, check_looked, closing, place_body, replacing
from trading.placing import Placing
from trading.ports import Ports
from trading.wanted import Draft, Wanted


class Orders:
    """Every method raises Problem for what the user can mend and BrokerError for the rest."""

    def __init__(self, ports: Ports, placing: Placing) -> None:
        self._placing = placing
        self._reads, self._lines, self._plugins = ports.reads, ports.lines, ports.plugins
        self._clock, self._secret = ports.clock, ports.secret

    async def place(
        self,
        user: UserId,
        account: AccountId,
        draft: Draft,
        *,
        key: str,
        preview: str | None = None,
        in_person: bool = False,
    ) -> Intent:
        """What became of it; the same key with the same body is the same order."""
        body = place_body(account, draft)
        looked = Looked(secret=self._secret, user=user, token=preview, in_person=in_person)

        def drafted(books: Books) -> Draft:
            check_looked(books, looked, body)
            return draft

        wanted = Wanted(
            user=user,
            kind=IntentKind.PLACE,
            key=checked(key),
            body=body,
            account=account,
            instruments=(draft.instrument, *(leg.instrument for leg in draft.legs)),
            draft=drafted,
        )
        return await self._placing.submit(wanted)

    async def replace(
        self, user: UserId, order_id: OrderId, changes: Changes, *, key: str
    ) -> Intent:
        """Other terms for a working order, which keeps its id here."""
        order = await self._reads.order(user, order_id)
        if order is None:
            raise Problem(ErrorCode.ORDER_NOT_FOUND, "no such order", field="orderId")
        wanted = Wanted(
            user=user,
            kind=IntentKind.REPLACE,
            key=checked(key),
            body=fingerprint(IntentKind.REPLACE, {"order": order_id, **asdict(changes)}),
            account=order.account_id,
            instruments=(order.instrument,),
            draft=lambda books: replacing(books, order_id, changes),
        )
        return await self._placing.submit(wanted)

    async def close(
        self,
        user: UserId,
        account: AccountId,
        instrument: InstrumentId,
        *,
        key: str,
        quantity: Decimal | None = None,
        kind: IntentKind = IntentKind.CLOSE,
    ) -> Intent:
        """An ordinary order for what is held, net of what already works to close it."""
        connection = await self._placing.connection_of(user, account)
        able = self._plugins[connection.broker].capabilities
        holding = await self._reads.holding(user, account, instrument)
        if holding is None or (quantity is not None and quantity <= 0):
            raise Problem(ErrorCode.NOTHING_TO_CLOSE, "nothing of it is held", field="instrumentId")
        asked = {"account": account, "instrument": instrument, "quantity": quantity}
        wanted = Wanted(
            user=user,
            kind=kind,
            key=checked(key),
            body=fingerprint(kind, asked),
            account=account,
            instruments=(holding.holding.instrument,),
            draft=lambda books: closing(books, holding.holding.instrument.held_as, quantity, able),
        )
        return await self._placing.submit(wanted)

    async def options(
        self, user: UserId, account: AccountId, instrument: Instrument
    ) -> TicketOptions:
        """What can be ordered of an instrument in an account, and why the rest cannot."""
        connection = await self._placing.connection_of(user, account)
        able = self._plugins[connection.broker].capabilities
        now = self._clock.now()
        now_open = await asyncio.to_thread(is_open, instrument.asset_class, now)
        broker = await self._lines.open(connection)
        increments = await broker.increments(instrument)
        return ticket_options(instrument, able, increments=increments, market_open=now_open)


def checked(key: str) -> str:
    """The idempotency key, if it is one."""
    if not key.strip() or len(key) > KEY_LENGTH or not key.isprintable():
        message = f"an idempotency key is 1 to {KEY_LENGTH} printable characters"
        raise Problem(ErrorCode.BAD_INPUT, message, field="idempotencyKey")
    return key
