"""Tickets that are right for a stage, at prices that let them fill or rest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count

from domain.instrument import AssetClass
from domain.order import OrderClass, OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Exits, Ticket
from sandbox.market import Quote
from sandbox.matching import net
from sandbox.orders import Side
from sandbox.orders import Ticket as Asked
from tests.conformance.scene import Scene
from tests.conformance.stage import Sample
from tools.offers import TRAILING, Amount, Offer

_NUMBERS: Iterator[int] = count(1)
_STOPS = frozenset(
    {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT}
)
_TOUCHED = frozenset({OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED})
_LIMITED = frozenset(
    {
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.TRAILING_STOP_LIMIT,
        OrderType.LIMIT_IF_TOUCHED,
        OrderType.NET,
    }
)


def new_id() -> str:
    """A client order id as the server would mint it."""
    return f"bg-{next(_NUMBERS):032x}"


def last(scene: Scene, sample: Sample) -> Decimal:
    """What one unit costs now; of a combination what all its legs cost."""
    quotes = scene.stage.box.exchange.market.quotes
    if not sample.legs:
        return quotes[sample.symbol].last
    return net(_asked(scene, sample, quotes), quotes)


def ticket(scene: Scene, sample: Sample, offer: Offer) -> Ticket:
    """A purchase that rests wherever it can; an OCO sells, as it only ever closes."""
    return Ticket(
        account=scene.account,
        client_order_id=new_id(),
        instrument=sample.instrument,
        terms=_terms(scene, sample, offer),
        legs=sample.legs,
        exits=_exits(offer.order_class, sample, last(scene, sample)),
    )


def market(scene: Scene, sample: Sample, side: OrderSide = OrderSide.BUY) -> Ticket:
    """An order that fills at once, if there is as much."""
    return _plain(scene, sample, OrderType.MARKET, side)


def resting(scene: Scene, sample: Sample, side: OrderSide = OrderSide.BUY) -> Ticket:
    """A limit order far from the market."""
    return _plain(scene, sample, OrderType.LIMIT, side)


def crossing(scene: Scene, sample: Sample) -> Ticket:
    """A limit purchase above the market: it fills as far as there is anything on offer."""
    wanted = resting(scene, sample)
    price = rounded(last(scene, sample) * Decimal("1.1"), sample)
    return replace(wanted, terms=replace(wanted.terms, limit_price=price))


def rounded(price: Decimal, sample: Sample) -> Decimal:
    """To whole ticks."""
    return (price / sample.tick).to_integral_value() * sample.tick


def lasting(scene: Scene, sample: Sample, type: OrderType) -> TimeInForce:
    """How long an order of a type usually lives: the day, else until it is canceled, else..."""
    times = scene.able.trades[sample.instrument.asset_class].types[type]
    usual = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC)
    return next(time for time in usual if time in times)


def _plain(scene: Scene, sample: Sample, type: OrderType, side: OrderSide) -> Ticket:
    offer = Offer(
        order_class=OrderClass.SIMPLE, type=type, time_in_force=lasting(scene, sample, type)
    )
    wanted = ticket(scene, sample, offer)
    far = Decimal("0.5") if side is OrderSide.BUY else Decimal("1.5")
    price = rounded(last(scene, sample) * far, sample) if type is OrderType.LIMIT else None
    return replace(wanted, terms=replace(wanted.terms, side=side, limit_price=price))


def _terms(scene: Scene, sample: Sample, offer: Offer) -> Terms:
    """Stops of a purchase wait above the market, limits and touches below."""
    price = last(scene, sample)
    above, below = rounded(price * Decimal("1.5"), sample), rounded(price / 2, sample)
    money = rounded(price * sample.whole, sample)
    stops, sells = offer.type in _STOPS, offer.order_class is OrderClass.OCO
    gtd = offer.time_in_force is TimeInForce.GTD
    return Terms(
        side=OrderSide.SELL if sells else OrderSide.BUY,
        type=offer.type,
        time_in_force=offer.time_in_force,
        order_class=offer.order_class,
        quantity=_quantity(sample, offer.amount),
        notional=money if offer.amount is Amount.MONEY else None,
        limit_price=(above if stops or sells else below) if offer.type in _LIMITED else None,
        stop_price=_stop(offer.type, above, below),
        trail_percent=Decimal(5) if offer.type in TRAILING else None,
        extended_hours=offer.extended,
        expires_at=scene.clock.now() + timedelta(days=5) if gtd else None,
    )


def _quantity(sample: Sample, amount: Amount) -> Decimal | None:
    return {Amount.WHOLE: sample.whole, Amount.FRACTION: sample.fraction}.get(amount)


def _stop(type: OrderType, above: Decimal, below: Decimal) -> Decimal | None:
    if type in _STOPS - {OrderType.TRAILING_STOP}:
        return above
    return below if type in _TOUCHED else None


def _exits(order_class: OrderClass, sample: Sample, price: Decimal) -> Exits | None:
    profit, loss = rounded(price * 2, sample), rounded(price / 4, sample)
    return {
        OrderClass.BRACKET: Exits(take_profit=profit, stop_loss=loss),
        OrderClass.OTO: Exits(take_profit=profit),
        OrderClass.OCO: Exits(stop_loss=loss),
    }.get(order_class)


def _asked(scene: Scene, sample: Sample, quotes: dict[str, Quote]) -> list[Asked]:
    """The legs as the exchange writes them, by the symbols of the stage's other samples."""
    found = []
    for leg in sample.legs:
        symbol = leg.instrument.symbol.replace(" ", "")
        assert symbol in quotes, f"the exchange has no {symbol}"
        found.append(Asked(symbol=symbol, side=Side(leg.side), ratio=leg.ratio))
    return found


def sample_of(scene: Scene, *classes: AssetClass) -> Sample:
    """The sample of the first of these classes that the broker trades, else of any."""
    samples = scene.stage.samples
    wanted = [samples[one] for one in classes if one in samples]
    return wanted[0] if wanted else next(iter(samples.values()))
