"""What can be owned and traded."""

from datetime import date
from decimal import Decimal

import strawberry

from domain.ids import InstrumentId
from domain.instrument import AssetClass, OptionRight
from domain.instrument import Instrument as InstrumentValue
from graph.node import Node, global_id, shows
from graph.scalars import CurrencyCode


def instrument_id(id: InstrumentId) -> strawberry.ID:
    """The global id of an instrument, the same wherever it is held."""
    return global_id("Instrument", id)


def _id(source: strawberry.Parent[InstrumentValue]) -> strawberry.ID:
    return instrument_id(source.id)


@strawberry.type(description="What an option is on.")
class OptionTerms:
    """Declares what is shown of the domain's OptionTerms."""

    underlying: str = strawberry.field(description="Symbol of what it is on.")
    expiry: date = strawberry.field(description="The last day on which it can be exercised.")
    right: OptionRight = strawberry.field(description="To buy or to sell.")
    strike: Decimal = strawberry.field(description="Price per unit, in the instrument's currency.")


@strawberry.type(description="One tradable or holdable thing, the same wherever it is held.")
class Instrument(Node):
    """Declares what is shown of the domain's Instrument."""

    is_type_of = shows(InstrumentValue)

    id: strawberry.ID = strawberry.field(resolver=_id, description="Opaque, stable, unique.")
    asset_class: AssetClass = strawberry.field(description="What kind of thing it is.")
    symbol: str = strawberry.field(
        description="Ticker, 21-character OCC symbol, coin, or BASE/QUOTE of a crypto pair."
    )
    currency: CurrencyCode = strawberry.field(description="What it is priced in.")
    mic: str | None = strawberry.field(description="Its market by ISO 10383, if told.")
    multiplier: Decimal = strawberry.field(description="Turns price times quantity into money.")
    name: str | None = strawberry.field(description="A name for people, if told.")
    figi: str | None = strawberry.field(description="Its FIGI, if the broker told it.")
    option: OptionTerms | None = strawberry.field(description="Set for options only.")
