"""Coinbase's wallets, portfolio and products as our values.

Coins and cash come as text in wallets, exactly; what they cost and are worth comes as rounded
numbers in the portfolio (recorded bodies, 2023-12).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal

from brokers.coinbase.symbols import coin_of, future_of
from brokers.wire import Row
from domain.account import AccountReport, AccountStatus, AccountType, AccountValuation, Balance
from domain.errors import Unintelligible
from domain.holding import CostSource, Holding, Mark, MarkSource
from domain.money import EXACT, ZERO, finest, total
from domain.ticket_options import Increments

DOLLARS = "USD"
_FIAT = frozenset({"ACCOUNT_TYPE_FIAT", "FIAT"})
# Both sides of a price that is worked out are rounded: more digits of it would mean nothing.
_ROUNDED = Context(prec=10)
# What a key may do that nobody should let it, as the account shows it.
MAY_TRANSFER = "the key may transfer funds out: make one that can only view and trade"
_READS_ONLY = "the key may not trade"


def account(permissions: Row) -> AccountReport:
    """The portfolio that a key is bound to, which is its account here.

    Coinbase tells no status of it: what the key may do stands there instead.
    """
    restrictions = []
    may = [name for name in ("can_view", "can_trade", "can_transfer") if permissions.flag(name)]
    if permissions.flag("can_transfer"):
        restrictions.append(MAY_TRANSFER)
    if not permissions.flag("can_trade"):
        restrictions.append(_READS_ONLY)
    return AccountReport(
        number=permissions.need_text("portfolio_uuid"),
        type=AccountType.CRYPTO,
        raw_type=permissions.text("portfolio_type") or "",
        currency=DOLLARS,
        status=AccountStatus.OPEN,
        raw_status=", ".join(may) or "none",
        restrictions=tuple(restrictions),
    )


def balances(wallets: Sequence[Row]) -> tuple[Balance, ...]:
    """Cash of each currency, empty wallets too; USDC and its like are coins."""
    found: dict[str, list[Row]] = {}
    for wallet in wallets:
        if _is_cash(wallet):
            found.setdefault(wallet.need_text("currency"), []).append(wallet)
    return tuple(
        Balance(
            currency=currency,
            cash=total([_total(wallet) for wallet in each]),
            held_for_orders=total([_hold(wallet) for wallet in each]),
        )
        for currency, each in sorted(found.items())
    )


def holdings(wallets: Sequence[Row], breakdown: Row) -> tuple[Holding, ...]:
    """Coins, and contracts; a coin in several wallets is one holding, an empty wallet is none."""
    costs = {
        row.text("asset"): row for row in breakdown.rows("spot_positions") if row.text("asset")
    }
    coins: dict[str, list[Row]] = {}
    for wallet in wallets:
        if not _is_cash(wallet) and _total(wallet):
            coins.setdefault(wallet.need_text("currency"), []).append(wallet)
    spot = (_coin(asset, each, costs.get(asset)) for asset, each in sorted(coins.items()))
    return (*spot, *_contracts(breakdown))


def valuation(breakdown: Row, wallets: Sequence[Row], as_of: datetime) -> AccountValuation:
    """What Coinbase says the portfolio is worth in dollars; cash that no order holds buys."""
    told = breakdown.need_row("portfolio_balances")
    free = [_free(wallet) for wallet in wallets if wallet.text("currency") == DOLLARS]
    equity = _dollars(told.row("total_balance"))
    return AccountValuation(
        currency=DOLLARS,
        as_of=as_of,
        equity=equity,
        net_liquidation=equity,
        buying_power=total(free) if free else None,
        long_market_value=_dollars(told.row("total_crypto_balance")),
    )


def marks(breakdown: Row, held: Iterable[Holding], as_of: datetime) -> tuple[Mark, ...]:
    """The price at which Coinbase reckons each coin: its worth by its quantity."""
    wanted = {one.instrument.symbol: one.instrument for one in held}
    found = []
    for row in breakdown.rows("spot_positions"):
        instrument = wanted.get(row.text("asset") or "")
        price = _price(row)
        if instrument is not None and price is not None:
            mark = Mark(
                instrument_id=instrument.id,
                price=price,
                currency=DOLLARS,
                as_of=as_of,
                source=MarkSource.SNAPSHOT,
            )
            found.append(mark)
    return tuple(found)


def increments(product: Row) -> Increments:
    """What a product says of ordering it."""
    closed = ("is_disabled", "trading_disabled", "cancel_only", "view_only")
    return Increments(
        tradable=not any(product.flag(name) for name in closed),
        fractional=True,
        shortable=False,
        tick=product.amount("price_increment", "quote_increment"),
        lot=product.amount("base_increment"),
        minimum=product.amount("base_min_size"),
    )


def product_rows(body: Row) -> Mapping[str, Row]:
    """Products by their id; what has none cannot be asked for."""
    listed = ((row.text("product_id"), row) for row in body.rows("products"))
    found = {name: row for name, row in listed if name is not None}
    if not body.has("products"):
        raise Unintelligible("the products are not a list")
    return found


def _is_cash(wallet: Row) -> bool:
    """Older examples write BTC in a wallet of type FIAT: the example's, not the wire's."""
    return wallet.text("type") in _FIAT


def _total(wallet: Row) -> Decimal:
    return EXACT.add(_free(wallet), _hold(wallet))


def _free(wallet: Row) -> Decimal:
    """An unreadable amount is Unintelligible, never zero."""
    return wallet.need_row("available_balance").need_amount("value")


def _hold(wallet: Row) -> Decimal:
    hold = wallet.row("hold")
    return ZERO if hold is None else hold.need_amount("value")


def _coin(asset: str, wallets: Sequence[Row], position: Row | None) -> Holding:
    quantity = total([_total(wallet) for wallet in wallets])
    cost = None if position is None else _dollars(position.row("cost_basis"))
    return Holding(
        instrument=coin_of(asset),
        quantity=quantity,
        currency=DOLLARS,
        average_cost=None if cost is None else _each(cost, quantity),
        cost_basis=cost,
        cost_source=CostSource.UNKNOWN if cost is None else CostSource.BROKER,
        available=total([_free(wallet) for wallet in wallets]),
    )


def _contracts(breakdown: Row) -> Iterable[Holding]:
    for row in breakdown.rows("futures_positions"):
        amount, size = row.need_amount("amount"), row.amount("contract_size") or Decimal(1)
        average = row.figure("avg_entry_price")
        yield _contract(row, _sided(amount, row.text("side")), size, average, perpetual=False)
    for row in breakdown.rows("perp_positions"):
        amount, entry = row.need_amount("net_size"), row.row("vwap")
        raw = None if entry is None else entry.row("rawCurrency")
        average = None if raw is None else raw.figure("value")
        side = row.text("position_side")
        yield _contract(row, _sided(amount, side), Decimal(1), average, perpetual=True)


def _contract(
    row: Row, quantity: Decimal, size: Decimal, average: Decimal | None, *, perpetual: bool
) -> Holding:
    """A contract is worth what it gained: its cost here is its price times its size."""
    name = row.words("product_name") or None
    instrument = future_of(row.need_text("product_id"), size, perpetual=perpetual, name=name)
    cost = None if average is None else EXACT.multiply(EXACT.multiply(quantity, size), average)
    return Holding(
        instrument=instrument,
        quantity=quantity,
        currency=DOLLARS,
        average_cost=average,
        cost_basis=None if cost is None else finest(cost),
        cost_source=CostSource.UNKNOWN if cost is None else CostSource.BROKER,
    )


def _sided(amount: Decimal, side: str | None) -> Decimal:
    """The side is believed where it is said; a net size may be signed as well."""
    word = (side or "").upper()
    if word.endswith("SHORT"):
        return -abs(amount)
    return abs(amount) if word.endswith("LONG") else amount


def _dollars(money: Row | None) -> Decimal | None:
    """An amount with its currency; None if it is in another than was asked for."""
    if money is None or money.text("currency") != DOLLARS:
        return None
    return money.figure("value")


def _price(position: Row) -> Decimal | None:
    """What one unit is worth; None of nothing, or of what Coinbase has no price for."""
    worth, quantity = position.figure("total_balance_fiat"), position.figure("total_balance_crypto")
    if not worth or not quantity:
        return None
    return finest(_ROUNDED.divide(worth, quantity))


def _each(amount: Decimal, quantity: Decimal) -> Decimal:
    return finest(EXACT.divide(amount, quantity))
