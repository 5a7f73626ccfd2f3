"""What the suite asks of one broker of the sandbox: doors, samples, and the acts that differ.

`tests/conformance/NAME.py` offers `Stage(box)` for the plugin NAME. Acts that are the same
everywhere (orders placed elsewhere, fills, rejections, prices) go straight to `box.exchange`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import ClassVar, Protocol

from domain.account import Balance, Environment
from domain.instrument import AssetClass, Instrument
from domain.order import Leg
from sandbox import Sandbox
from sandbox.account import Account


class Act(StrEnum):
    """What a request is about; READ is any that a snapshot makes."""

    READ = "READ"
    PLACE = "PLACE"
    REPLACE = "REPLACE"
    CANCEL = "CANCEL"


class Trouble(StrEnum):
    """What happens to the next request; the first four times it was carried out all the same.

    The connection is lost, the answer is a server's error, makes no sense, never comes; or nothing
    was done for a server's error, or because requests came too fast.
    """

    LOST = "LOST"
    FAILED = "FAILED"
    GARBLED = "GARBLED"
    SILENT = "SILENT"
    BROKEN = "BROKEN"
    LIMITED = "LIMITED"


class Jumble(StrEnum):
    """Every message about orders comes twice from now on, or the next one after its successor."""

    TWICE = "TWICE"
    SWAPPED = "SWAPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What orders of an asset class are tried with; `symbol` is the exchange's, "" of legs.

    `tick` divides every price that is asked, `lot` every quantity; `whole` is an ordinary amount.
    """

    instrument: Instrument
    symbol: str
    tick: Decimal = Decimal("0.01")
    whole: Decimal = Decimal(2)
    fraction: Decimal = Decimal("0.5")
    legs: tuple[Leg, ...] = ()


class Stage(Protocol):
    """One broker as the exchange behind it has it, freshly started; `box` may be driven freely.

    `environment` and `endpoints` open lines to it; `credentials` as the vault would keep them,
    `wrong` of the same shape, `secrets` whatever of them may be seen nowhere. `accounts` are all
    that the credentials reach, by the number that the broker reports, the first used by most
    tests; two or more where a sign-in can reach several. `samples` has every asset class of the
    declared `Capabilities.trades`. Orders and transactions come in pages of `page_of_orders` and
    `page_of_transactions` at most, 1 where they are not paged. `exempt` names tests that this
    broker cannot be put to, each with the reason.
    """

    box: Sandbox
    environment: Environment
    endpoints: Mapping[str, str]
    credentials: Mapping[str, str]
    wrong: Mapping[str, str]
    secrets: frozenset[str]
    accounts: Mapping[str, Account]
    samples: Mapping[AssetClass, Sample]
    page_of_orders: int
    page_of_transactions: int
    exempt: Mapping[str, str]

    async def expire(self) -> None:
        """End the sign-in: the credentials open nothing any more, and streams end."""
        ...

    def renewed(self) -> Mapping[str, str]:
        """Other credentials that open the same accounts: what a user repairs it with."""
        ...

    async def consent(self, url: str) -> Mapping[str, str]:
        """What the broker's page at `url` gives to a person who agrees; keys are not consented."""
        raise NotImplementedError(url)

    def foreign(self) -> Balance | None:
        """Book cash in another currency than USD; what is to be reported, None if it has none."""
        ...

    async def inflict(self, trouble: Trouble, act: Act, times: int = 1) -> None:
        """Let it befall the next so many requests of this kind."""
        ...

    async def jumble(self, how: Jumble) -> None:
        """Let messages about orders arrive so."""
        ...

    async def garble(self) -> None:
        """Let the next message about orders make no sense."""
        ...

    async def cut(self) -> None:
        """Break every stream at once; it can be opened anew."""
        ...

    async def mute(self) -> None:
        """Leave every stream half open: no message, no sign of life, no end."""
        ...

    def sent(self, act: Act) -> int:
        """How many requests of this kind arrived so far, answered or not."""
        ...


_FAULTS: Mapping[Trouble, tuple[str, Mapping[str, int]]] = {
    Trouble.LOST: ("reset_after", {}),
    Trouble.FAILED: ("error_after", {"status": 504}),
    Trouble.GARBLED: ("garbage_after", {}),
    Trouble.SILENT: ("timeout_after", {}),
    Trouble.BROKEN: ("error", {"status": 503}),
    Trouble.LIMITED: ("rate_limited", {"retry_after": 1}),
}
_FRAMES = {Jumble.TWICE: ("duplicate_frame", 0), Jumble.SWAPPED: ("reorder_frame", 1)}


class HttpStage(Stage, Protocol):
    """The acts of a broker over HTTP, told by its requests and the path of its order stream.

    `requests` has the method and the path, a shell pattern, of each act; `frames` is a piece of
    text that all stream messages about orders have and others have not.
    """

    requests: ClassVar[Mapping[Act, tuple[str, str]]]
    stream: ClassVar[str] = ""
    frames: ClassVar[str] = ""

    async def inflict(self, trouble: Trouble, act: Act, times: int = 1) -> None:
        """As a fault of the request."""
        kind, fields = _FAULTS[trouble]
        method, path = self.requests[act]
        self.box.faults.add(kind, method=method, path=path, count=times, **fields)

    async def jumble(self, how: Jumble) -> None:
        """As a fault of the frame."""
        kind, count = _FRAMES[how]
        self.box.faults.add(kind, path=self.stream, containing=self.frames, count=count)

    async def garble(self) -> None:
        """In the place of the next frame."""
        self.box.faults.add("garbage_frame", path=self.stream, containing=self.frames)

    async def cut(self) -> None:
        """Reset every websocket."""
        await self.box.inflict("cut_streams")

    async def mute(self) -> None:
        """Let every websocket fall silent."""
        await self.box.inflict("mute_streams")

    def sent(self, act: Act) -> int:
        """Out of the request log."""
        method, path = self.requests[act]
        return sum(
            entry.method == method and fnmatchcase(entry.path, path)
            for entry in self.box.log.entries
        )
