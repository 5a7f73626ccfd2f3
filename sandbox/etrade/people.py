"""Whose accounts these are, and the numbers by which E*TRADE knows them, their orders and so on."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sandbox.account import Account
from sandbox.etrade.errors import no_account


@dataclass(slots=True, kw_only=True)
class Listed:
    """An account as it is listed; `key` is what every path takes."""

    account: Account
    mode: str
    kind: str
    name: str
    status: str = "ACTIVE"

    @property
    def key(self) -> str:
        """Twenty-two characters."""
        return urlsafe_b64encode(UUID(self.account.id).bytes).decode().rstrip("=")


@dataclass(slots=True)
class Numbers:
    """Whole numbers for what has other names at the exchange, given out as it is first seen."""

    start: int
    _known: dict[str, int] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)

    def of(self, name: str) -> int:
        """Its number, always the same."""
        if name not in self._known:
            number = self.start + len(self._known)
            self._known[name], self._names[number] = number, name
        return self._known[name]

    def name(self, number: str) -> str | None:
        """What has this number; None for none."""
        return self._names.get(int(number)) if number.isdigit() else None


@dataclass(slots=True)
class Person:
    """The one who signs in."""

    listed: list[Listed] = field(default_factory=list)
    orders: Numbers = field(default_factory=lambda: Numbers(501))
    positions: Numbers = field(default_factory=lambda: Numbers(10087531))
    lots: Numbers = field(default_factory=lambda: Numbers(132395401))
    transactions: Numbers = field(default_factory=lambda: Numbers(18165100001766))

    def by_key(self, key: str) -> Listed:
        """The account of a key; Refusal if it is none, or closed."""
        for one in self.listed:
            if one.key == key and one.status == "ACTIVE":
                return one
        raise no_account()

    def open(self) -> Iterator[Listed]:
        """The accounts that can be used."""
        return (one for one in self.listed if one.status == "ACTIVE")
