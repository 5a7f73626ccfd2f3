"""The library's decoder with its floats taken out, and what it tells as our own words."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

from brokers.ibkr import library
from brokers.ibkr.ears import Ears
from brokers.wire import clean, rounded

log = logging.getLogger(__name__)

# Any time will do: the library drops a fill whose time zone it does not know.
_SOME_TIME = "946684800"
_CONTRACT = slice(3, 14)
# The messages that are answers to what is asked here; whatever else is told is passed over.
_HEARD = frozenset({1, 3, 4, 5, 10, 11, 18, 46, 49, 52, 53, 55, 57, 59, 61, 62, 73, 74, 79, 95})
_HEARD |= {75, 76, 101, 102}


class Exact(library.Decoder):  # type: ignore[misc]  # the library is chosen when it runs
    """As the library's, but amounts stay exact, and an unreadable message is told and not lost."""

    def __init__(self, ears: Ears) -> None:
        super().__init__(ears, 0)
        self._ears = ears
        for number in self.handlers.keys() - _HEARD:
            del self.handlers[number]

    def wrap(self, methodName: str, types: Sequence[type], skip: int = 2) -> Callable[..., None]:  # noqa: N803 (the library's)
        def handler(fields: list[str]) -> None:
            if method := getattr(self.wrapper, methodName, None):
                method(*map(_converted, types, fields[skip:]))

        return handler

    def parse(self, obj: Any) -> None:
        for field in dataclasses.fields(obj):
            if isinstance(field.default, Real):
                told = _converted(type(field.default), getattr(obj, field.name))
                setattr(obj, field.name, told)

    def interpret(self, fields: list[str]) -> None:
        try:
            if (handler := self.handlers.get(int(fields[0]))) is not None:
                handler(fields)
        except Exception:  # noqa: BLE001 (anything: the peer may send anything)
            log.warning(
                "a message of the Gateway cannot be read",
                extra={"kind": clean("".join(fields[:1]), 8)},
            )
            self._ears.unreadable()

    def position(self, fields: list[str]) -> None:
        quantity, cost = fields[14:16]
        contract = self._contract(fields[_CONTRACT])
        self._ears.position(fields[2], contract, rounded(quantity), rounded(cost))

    def updatePortfolio(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        """Not asked for."""

    def commissionReport(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.commission(fields[2], rounded(fields[3]), fields[4])

    def priceSizeTick(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.tick(int(fields[2]), int(fields[3]), rounded(fields[4]))

    def securityDefinitionOptionParameter(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.expiries(int(fields[1]), fields[7 : 7 + int(fields[6])])

    def execDetails(self, fields: list[str]) -> None:  # noqa: N802 (the library's)
        self._ears.time = fields[15]
        super().execDetails([*fields[:15], _SOME_TIME, *fields[16:]])

    def _contract(self, fields: list[str]) -> Any:
        names = (
            "conId symbol secType lastTradeDateOrContractMonth strike right multiplier exchange "
            "currency localSymbol tradingClass"
        )
        contract = library.Contract(**dict(zip(names.split(), fields, strict=True)))
        self.parse(contract)
        return contract


def _converted(kind: type, field: Any) -> Any:
    """As the wire has it; a whole number that is not said is 0, any other amount None."""
    if kind is str:
        return field
    if kind not in {int, bool}:
        return rounded(field)
    return kind(int(Decimal(field or 0))) if isinstance(field, str) else field
