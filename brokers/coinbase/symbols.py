"""Coinbase's products and our instruments."""

from decimal import Decimal

from domain.instrument import AssetClass, Instrument


def pair_of(product_id: str, product_type: str | None = None) -> Instrument:
    """What an order is in: BTC/USD for BTC-USD; futures keep the name that Coinbase gives them."""
    base, dash, quote = product_id.partition("-")
    if product_type == "FUTURE" or not (dash and base and quote) or "-" in quote:
        perpetual = "PERP" in product_id.split("-")
        kind = AssetClass.PERPETUAL if perpetual else AssetClass.FUTURE
        return Instrument(asset_class=kind, symbol=product_id, currency="USD")
    return Instrument(asset_class=AssetClass.CRYPTO, symbol=f"{base}/{quote}", currency=quote)


def coin_of(asset: str) -> Instrument:
    """What a wallet is in: the coin, valued in dollars."""
    return Instrument(asset_class=AssetClass.CRYPTO, symbol=asset, currency="USD")


def future_of(
    product_id: str, multiplier: Decimal, *, perpetual: bool, name: str | None
) -> Instrument:
    """A futures contract, `multiplier` units of what it is on."""
    return Instrument(
        asset_class=AssetClass.PERPETUAL if perpetual else AssetClass.FUTURE,
        symbol=product_id,
        currency="USD",
        multiplier=multiplier,
        name=name,
    )


def product_of(instrument: Instrument) -> str:
    """How Coinbase writes it: BTC-USD for BTC/USD, and for BTC, which is priced in dollars."""
    base, slash, quote = instrument.symbol.partition("/")
    if instrument.asset_class is not AssetClass.CRYPTO:
        return instrument.symbol
    return f"{base}-{quote if slash else instrument.currency}"
