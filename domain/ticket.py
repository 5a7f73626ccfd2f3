"""What a person asks to trade, before anybody has agreed to it."""

from dataclasses import dataclass
from decimal import Decimal

from domain.instrument import Instrument
from domain.order import Leg, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """What is to close a position once the order has filled; prices are per unit.

    `take_profit` is the limit of one exit, `stop_loss` sets the other off, which `stop_limit`
    limits. Of an OCO, whose order is itself the exit that takes the profit, only the stop is here.
    """

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_limit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One order to be placed; `legs` only for multi-leg orders, `account` the institution's id.

    `client_order_id` is ours, minted once and written down before anything is sent.
    """

    account: str
    client_order_id: str
    instrument: Instrument
    terms: Terms
    legs: tuple[Leg, ...] = ()
    exits: Exits | None = None
