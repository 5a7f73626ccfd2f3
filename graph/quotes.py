"""What there is to trade, and what it trades at."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from domain.holding import MarkSource
from domain.instrument import AssetClass
from domain.instrument import Instrument as InstrumentValue
from graph.context import Info
from graph.fields import of
from graph.instruments import Instrument
from graph.paging import checked
from graph.scalars import CurrencyCode
from trading.quotes import Quote as QuoteValue

_MOST = 50
Symbols = Annotated[
    list[str],
    strawberry.argument(description="Tickers, BASE/QUOTE pairs or OCC symbols, 1 to 100."),
]


@strawberry.type(description="An instrument at its latest price.")
class Quote:
    """Declares what is shown of the domain's Mark."""

    instrument: Instrument = strawberry.field(description="What was asked about.")
    price = of("mark.price", Decimal, "Price per unit.")
    currency = of("mark.currency", CurrencyCode, "The currency of the prices.")
    bid = of("mark.bid", Decimal | None, "What is offered for it, if told.")
    ask = of("mark.ask", Decimal | None, "What it is offered at, if told.")
    previous_close = of("mark.previous_close", Decimal | None, "The close before, if told.")
    as_of = of("mark.as_of", datetime, "The venue's time of the price.")
    source = of("mark.source", MarkSource, "Where it came from.")


@strawberry.type
class QuoteQuery:
    """Root fields about what can be traded."""

    @strawberry.field(
        graphql_type=list[Instrument],
        description="What can be traded whose symbol or name begins so, best first.",
    )
    async def instruments(
        self,
        info: Info,
        search: Annotated[
            str, strawberry.argument(description="The beginning of a symbol or of a word.")
        ],
        first: Annotated[int, strawberry.argument(description="How many, 1 to 50.")],
        asset_class: Annotated[
            AssetClass | None,
            strawberry.argument(
                description="Only this class; OPTION finds the contracts on that symbol."
            ),
        ] = None,
    ) -> Sequence[InstrumentValue]:
        """As the first connection that is well has it."""
        viewer = info.context.viewer
        return await info.context.services.quotes.search(
            viewer.user_id,
            search,
            asset_class,
            first=checked(first, _MOST),
            accounts=viewer.accounts,
        )

    @strawberry.field(
        graphql_type=list[Quote],
        description="The latest prices; what no price is known of is left out.",
        metadata={"length": 20},
    )
    async def quotes(self, info: Info, symbols: Symbols) -> Sequence[QuoteValue]:
        """Asked of a broker."""
        viewer = info.context.viewer
        return await info.context.services.quotes.quotes(
            viewer.user_id, symbols, accounts=viewer.accounts
        )


@strawberry.type
class QuoteSubscription:
    """Prices as they change."""

    @strawberry.subscription(
        graphql_type=list[Quote],
        description="The latest prices, then those that changed: of what is held within a second, "
        "of anything else every 5 seconds, when the broker is asked.",
        metadata={"length": 20},
    )
    def quote_updated(self, info: Info, symbols: Symbols) -> AsyncIterator[Sequence[QuoteValue]]:
        """Latest wins."""
        viewer = info.context.viewer
        return info.context.services.quotes.updates(
            viewer.user_id, symbols, accounts=viewer.accounts
        )
