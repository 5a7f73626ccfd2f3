"""Coinbase's fills as transactions, which is all that Advanced Trade tells of an account's books.

Deposits, transfers, rewards and what was bought in the simple app are not in its API.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from brokers.coinbase.client import Client
from brokers.coinbase.fills import fill
from brokers.coinbase.pages import following
from brokers.coinbase.symbols import pair_of
from brokers.wire import Row
from domain.clock import utc
from domain.errors import Unintelligible
from domain.instrument import AssetClass, Instrument
from domain.money import EXACT, ZERO, finest, times
from domain.transaction import Transaction, TransactionPage, TransactionStatus, TransactionType

PAGE = 100
_PATH = "/orders/historical/fills"

_TYPES = {"BUY": TransactionType.BUY, "SELL": TransactionType.SELL}


async def read(client: Client, since: datetime | None, token: str | None) -> TransactionPage:
    """A page of fills, oldest first within it; Coinbase hands out the pages newest first.

    What trades while they are read is ahead of the first page, and so left to the next reading.
    """
    query = [("limit", str(PAGE))]
    if since is not None:
        query.append(("start_sequence_timestamp", f"{utc(since):%Y-%m-%dT%H:%M:%S}Z"))
    if token is not None:
        query.append(("cursor", token))
    body = await client.read("fills", _PATH, query)
    if not body.has("fills"):
        raise Unintelligible("the answer has no fills")
    cursor = following(body)
    if cursor is not None and cursor == token:
        raise Unintelligible("Coinbase's pages of fills do not end")
    return TransactionPage(
        transactions=tuple(map(transaction, reversed(body.rows("fills")))), token=cursor
    )


def transaction(row: Row) -> Transaction:
    """A fill: its cash is worked out of price, size and commission, in the pair's currency.

    A reversal, a correction or a word that nobody knows is kept without a meaning.
    """
    at = row.moment("trade_time", "sequence_timestamp")
    if at is None:
        raise Unintelligible("a fill has no readable time")
    traded = pair_of(row.need_text("product_id"), row.text("product_type"))
    kind, quantity, amount = _effect(row, traded)
    return Transaction(
        broker_id=row.need_text("entry_id", "trade_id"),
        type=kind,
        raw_type=row.text("trade_type") or "",
        status=TransactionStatus.POSTED,
        raw_status="",
        at=at,
        day=at.date(),
        currency=traded.currency,
        amount=amount,
        instrument=_held(traded),
        quantity=quantity,
        price=row.amount("price"),
        broker_order_id=row.text("order_id"),
    )


def _effect(row: Row, traded: Instrument) -> tuple[TransactionType, Decimal | None, Decimal | None]:
    """What kind it is, the units and the cash that it moved; of contracts no cash is told."""
    one = fill(row)
    if one is None:
        return TransactionType.OTHER_TRADE, None, None
    kind = _TYPES.get(row.text("side") or "", TransactionType.OTHER_TRADE)
    quantity = -one.quantity if kind is TransactionType.SELL else one.quantity
    if traded.asset_class is not AssetClass.CRYPTO:
        return kind, quantity, None
    paid = finest(times(quantity, one.price))
    return kind, quantity, EXACT.subtract(EXACT.minus(paid), one.commission or ZERO)


def _held(traded: Instrument) -> Instrument:
    """A pair moves its coin."""
    if traded.asset_class is not AssetClass.CRYPTO:
        return traded
    return replace(traded, symbol=traded.symbol.partition("/")[0])
