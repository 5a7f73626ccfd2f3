"""What an order would cost and leave behind, and the token that binds a preview to its body."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from domain.instrument import Instrument
from domain.money import EXACT, times
from domain.order import OrderSide, OrderType, Terms
from domain.risk import worth


class PreviewSource(StrEnum):
    """Who worked it out; UNAVAILABLE means that nobody could, which is not zero."""

    BROKER = "BROKER"
    ESTIMATED = "ESTIMATED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Figures in `currency`; None is not known. `price_as_of` dates the mark that was used."""

    source: PreviewSource
    currency: str
    price: Decimal | None = None
    price_as_of: datetime | None = None
    cost: Decimal | None = None
    commission: Decimal | None = None
    buying_power_after: Decimal | None = None
    position_after: Decimal | None = None
    warnings: tuple[str, ...] = ()
    token: str = ""
    expires_at: datetime | None = None


_NO_PRICE = "no price is known for this instrument"
_NO_COMMISSION = "commission and fees are not included"
_TOO_DEAR = "it costs more than the buying power last reported"
# What is of no interest to whoever has the broker's word on the money.
_OF_COSTS = frozenset({_NO_PRICE, _NO_COMMISSION, _TOO_DEAR})


def estimate(
    instrument: Instrument,
    terms: Terms,
    *,
    mark: Decimal | None,
    mark_as_of: datetime | None,
    buying_power: Decimal | None,
    held: Decimal,
) -> Preview:
    """Our own reckoning: `cost` is what leaves the account, negative for what comes in.

    The dearest price known of is taken for a purchase; commissions are not known to us.
    """
    buying = terms.side is OrderSide.BUY
    value = worth(instrument, terms, mark) if buying else _proceeds(instrument, terms, mark)
    if value is None:
        return Preview(
            source=PreviewSource.UNAVAILABLE,
            currency=instrument.currency,
            position_after=_after(terms, held),
            warnings=(_NO_PRICE,),
        )
    cost = value if buying else EXACT.minus(value)
    after = None if buying_power is None else EXACT.subtract(buying_power, max(cost, Decimal(0)))
    return Preview(
        source=PreviewSource.ESTIMATED,
        currency=instrument.currency,
        price=mark,
        price_as_of=mark_as_of,
        cost=cost,
        buying_power_after=after,
        position_after=_after(terms, held),
        warnings=tuple(_warnings(terms, held, after)),
    )


def told(by_broker: Preview, own: Preview) -> Preview:
    """The broker's own figures; of what it leaves out only price and position are reckoned."""
    after = by_broker.position_after
    own_price = by_broker.price is None
    return replace(
        by_broker,
        source=PreviewSource.BROKER,
        price=own.price if own_price else by_broker.price,
        price_as_of=own.price_as_of if own_price else by_broker.price_as_of,
        position_after=own.position_after if after is None else after,
        warnings=tuple(dict.fromkeys((*by_broker.warnings, *_besides_costs(own)))),
    )


def untold(own: Preview, why: str) -> Preview:
    """Our own reckoning in the place of a broker's that could not be had."""
    return replace(own, warnings=(f"the broker did not preview it: {why}", *own.warnings))


def _besides_costs(own: Preview) -> tuple[str, ...]:
    return tuple(warning for warning in own.warnings if warning not in _OF_COSTS)


def _proceeds(instrument: Instrument, terms: Terms, mark: Decimal | None) -> Decimal | None:
    """A sale brings at least its limit, else about the mark."""
    price = terms.limit_price if terms.limit_price is not None else mark
    if terms.notional is not None or price is None or terms.quantity is None:
        return terms.notional
    return times(terms.quantity, price, instrument.multiplier)


def _after(terms: Terms, held: Decimal) -> Decimal | None:
    if terms.quantity is None:
        return None
    signed = terms.quantity if terms.side is OrderSide.BUY else EXACT.minus(terms.quantity)
    return EXACT.add(held, signed)


def _warnings(terms: Terms, held: Decimal, buying_power: Decimal | None) -> list[str]:
    after = _after(terms, held)
    said = [_NO_COMMISSION]
    if buying_power is not None and buying_power < 0:
        said.append(_TOO_DEAR)
    if after is not None and held * after < 0:
        said.append("it turns the position around")
    elif after is not None and after < 0 <= held:
        said.append("it opens a short position")
    if terms.type is OrderType.MARKET:
        said.append("a market order may fill at another price")
    return said


def token(secret: bytes, user: UserId, body: str, expires_at: datetime) -> str:
    """What placing may hand back: good for this user and this body until then."""
    until = int(expires_at.timestamp())
    mac = _mac(secret, user, body, until)
    return base64.urlsafe_b64encode(until.to_bytes(8, "big") + mac).decode().rstrip("=")


def check_token(secret: bytes, user: UserId, body: str, text: str, now: datetime) -> None:
    """Nothing if the token is of this body and still good; else a Problem that says which."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raw = b""
    until = int.from_bytes(raw[:8], "big")
    if not hmac.compare_digest(raw[8:], _mac(secret, user, body, until)):
        raise Problem(
            ErrorCode.PREVIEW_MISMATCH,
            "this preview is of another order; preview this one",
            field="previewToken",
        )
    if now > datetime.fromtimestamp(until, UTC):
        raise Problem(
            ErrorCode.PREVIEW_EXPIRED, "the preview is too old; ask again", field="previewToken"
        )


def _mac(secret: bytes, user: UserId, body: str, until: int) -> bytes:
    message = f"{user}|{body}|{until}".encode()
    return hmac.digest(secret, message, hashlib.sha256)
