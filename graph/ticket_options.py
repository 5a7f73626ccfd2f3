"""What can be ordered of an instrument, and what it would cost."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from domain.order import OrderClass, OrderType, TimeInForce
from domain.preview import PreviewSource
from domain.ticket_options import TicketOptions as TicketOptionsValue
from graph.context import Info
from graph.fields import of
from graph.scalars import CurrencyCode
from graph.tickets import InstrumentInput, account_of, instrument_of


@strawberry.type(description="What an order would cost and leave behind; null is not known.")
class Preview:
    """Declares what is shown of the domain's Preview."""

    source: PreviewSource = strawberry.field(description="Who worked it out.")
    currency: CurrencyCode = strawberry.field(description="What the figures are in.")
    price: Decimal | None = strawberry.field(description="The price that was reckoned with.")
    price_as_of: datetime | None = strawberry.field(description="As of when that price is.")
    cost: Decimal | None = strawberry.field(
        description="Money that leaves the account; negative if it comes in."
    )
    commission: Decimal | None = strawberry.field(description="What the broker takes.")
    buying_power_after: Decimal | None = strawberry.field(description="What is left to buy with.")
    position_after: Decimal | None = strawberry.field(description="Units held, if it fills.")
    warnings: list[str] = strawberry.field(description="What to think of before placing it.")
    token: str = strawberry.field(description="Hand it to placeOrder: it binds the ticket.")
    expires_at: datetime | None = strawberry.field(description="Until when the token is good.")


@strawberry.type(description="One combination of an order's properties.")
class TicketChoice:
    """Declares what is shown of the domain's Choice."""

    type: OrderType = strawberry.field(description="How it is priced.")
    time_in_force: TimeInForce = strawberry.field(description="How long it lives.")
    extended_hours: bool = strawberry.field(description="Whether it works out of session.")
    refusal: str | None = strawberry.field(description="Why it is not taken; null if it is.")


@strawberry.type(description="What can be ordered of an instrument; null is not known.")
class TicketOptions:
    """Declares what is shown of the domain's TicketOptions."""

    tick: Decimal | None = strawberry.field(description="The smallest step of a price.")
    lot: Decimal | None = strawberry.field(description="The smallest step of a quantity.")
    minimum: Decimal | None = strawberry.field(description="The smallest quantity.")
    tradable: bool | None = strawberry.field(description="Whether the broker trades it now.")
    fractional: bool = strawberry.field(description="Whether parts of a unit are taken.")
    notional: bool = strawberry.field(description="Whether an amount of money is taken.")
    shortable: bool = strawberry.field(description="Whether what is not held can be sold.")
    market_open: bool = strawberry.field(description="Whether the regular session is on.")
    order_classes: list[OrderClass] = strawberry.field(description="How orders hang together.")
    choices = of("choices", list[TicketChoice], "Every combination, refused ones with the reason.")


@strawberry.type
class TradingQuery:
    """Root fields about what can be ordered."""

    @strawberry.field(
        graphql_type=TicketOptions,
        description="What can be ordered of an instrument in an account, and why the rest cannot.",
    )
    async def ticket_options(
        self,
        info: Info,
        account_id: Annotated[strawberry.ID, strawberry.argument(description="The account.")],
        instrument: Annotated[InstrumentInput, strawberry.argument(description="What to trade.")],
    ) -> TicketOptionsValue:
        """From the broker's capabilities."""
        context = info.context
        account = account_of(context, account_id)
        found = await instrument_of(context, instrument)
        return await context.services.desk.orders.options(context.viewer.user_id, account, found)
