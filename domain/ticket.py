"""What a person asks to trade, before anybody has agreed to it."""

from dataclasses import dataclass

from domain.instrument import Instrument
from domain.order import Leg, Terms


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
