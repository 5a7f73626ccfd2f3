"""What a Gateway works out for an order that is not to be carried out."""

from decimal import Decimal

from brokers.ibkr import said
from brokers.wire import said as shown
from domain.instrument import Instrument
from domain.money import plain
from domain.preview import Preview, PreviewSource


def is_whole(told: said.OpenOrder) -> bool:
    """Whether the figures are there: a first answer may have none of them set."""
    return told.initial_margin_change is not None


def preview_of(told: said.OpenOrder, instrument: Instrument) -> Preview:
    """Its commission and warnings; the margin is told in words, as it is in another currency."""
    same = told.commission_currency in {"", instrument.currency}
    return Preview(
        source=PreviewSource.BROKER,
        currency=instrument.currency,
        commission=_commission(told) if same else None,
        warnings=tuple(_warnings(told, same=same)),
    )


def _commission(told: said.OpenOrder) -> Decimal | None:
    """The dearer one, where it depends on the venue."""
    return told.commission if told.commission is not None else told.most_commission


def _warnings(told: said.OpenOrder, *, same: bool) -> list[str]:
    said_ = []
    if told.initial_margin_change is not None:
        said_.append(f"initial margin changes by {plain(told.initial_margin_change)}")
    commission = _commission(told)
    if commission is None:
        said_.append("the commission is not told")
    elif not same:
        said_.append(f"the commission is {plain(commission)} {told.commission_currency}")
    return [*said_, *filter(None, [shown(told.warning)])]
