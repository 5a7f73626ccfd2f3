"""What every broker answers, as one Protocol; how it is signed in to, and what it can do."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from domain.account import AccountReport, Environment
from domain.capabilities import Capabilities
from domain.clock import Clock
from domain.connection import Permission
from domain.equity import EquityPoint
from domain.events import Snapshot, StreamEvent
from domain.facts import OrderReport
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import Terms
from domain.preview import Preview
from domain.ticket import Ticket
from domain.ticket_options import Increments
from domain.transaction import TransactionPage

if TYPE_CHECKING:
    from brokers.gate import Gate


class Credentials(Mapping[str, str]):
    """What signs us in, by field name; its values are in no repr and no log."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self._values)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to type in when signing in; a secret one is never shown again."""

    name: str
    label: str
    secret: bool
    hint: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Signing in by values that the user copies from the broker's site."""

    fields: tuple[Field, ...]
    name: str = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A consent that was asked for: where the person gives it, and until when it may be given.

    `state` is what the broker's page will send back to tell this asking from any other; `kept` are
    secrets that redeeming needs.
    """

    url: str
    state: str
    kept: Credentials
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Signing in on the broker's own page, which sends the person back with a code.

    `fields` are the app's own keys; the server's settings may hold them, then nobody is asked.
    The page comes back to our one callback address with `state` (the name of the parameter that
    brings `Asked.state`) and `returns`. Where `verifier` is given a person may copy that from the
    page instead. `ask` is told our callback address, None to have it copied, and a fresh state;
    `redeem` turns what came back into the credentials to keep. Both see the fields and `kept` as
    the opening's credentials, pass the gate as SESSION, and raise BrokerError.
    """

    fields: tuple[Field, ...]
    returns: tuple[str, ...]
    ask: "Callable[[Opening, str | None, str], Awaitable[Asked]]"
    redeem: "Callable[[Opening, Mapping[str, str]], Awaitable[Credentials]]"
    verifier: Field | None = None
    state: str = "state"
    name: str = "oauth"


SignIn = Keys | Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What looking for an order by our id told; None means absent so far, not for ever."""

    report: OrderReport | None
    proven_absent: bool = False


class Broker(Protocol):
    """One signed-in line to a broker. Methods raise `BrokerError` and nothing else."""

    async def accounts(self) -> Sequence[AccountReport]:
        """Every account that this sign-in reaches; a private read, so it proves the credentials."""
        ...

    async def snapshot(self, account: str) -> Snapshot:
        """One observation of an account, dated at its start."""
        ...

    async def transactions(
        self, account: str, since: datetime | None, token: str | None = None
    ) -> TransactionPage:
        """A page of what was booked from `since` on (None: ever), oldest first, behind `token`."""
        ...

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """What the account was worth at the end of each day from `since` on (None: ever)."""
        ...

    async def preview(self, ticket: Ticket) -> Preview | None:
        """What the broker itself says that it would cost; None where it does not tell."""
        ...

    async def place(self, ticket: Ticket) -> OrderReport:
        """Send a new order once; `OutcomeUnknown` if it cannot be told whether it arrived."""
        ...

    async def replace(self, order: OrderReport, terms: Terms, client_order_id: str) -> OrderReport:
        """Change an order's terms once; the answer may carry another broker order id."""
        ...

    async def cancel(self, order: OrderReport) -> None:
        """Ask for a cancel once; that it was canceled is told by a report."""
        ...

    async def find(self, account: str, client_order_id: str) -> Found:
        """Look an order up by the id that we gave it; never creates anything."""
        ...

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order by the broker's id; `OrderNotFound` if there is none."""
        ...

    async def increments(self, instrument: Instrument) -> Increments:
        """What may be ordered of it, and in what steps; `InstrumentNotFound` if it is none."""
        ...

    async def instruments(
        self, search: str, asset_class: AssetClass | None
    ) -> Sequence[Instrument]:
        """What it trades that is called so, best first; options by their underlying."""
        ...

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """The latest prices; an instrument that the broker has no price for is left out."""
        ...

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Set what `marks` is to bring; may be called at any time, at once and cheap."""
        ...

    def events(self) -> AsyncIterator[StreamEvent]:
        """Orders as they change: `Alive` once subscribed and whenever heard from.

        Ends at once where the broker does not push; raises when the stream is lost.
        """
        ...

    def marks(self) -> AsyncIterator[Mark]:
        """Prices of what is followed; ends at once where they are not pushed; raises when lost."""
        ...

    @property
    def expires_at(self) -> datetime | None:
        """When this sign-in will end by itself, None if nothing is known to end it."""
        ...

    async def revoke(self) -> None:
        """Give the sign-in back to the broker where it can be; keys cannot."""
        ...

    async def aclose(self) -> None:
        """Let go of every socket."""
        ...


class Prices(Protocol):
    """The part of a line that prices; in its place may be prices by a key of the server's own."""

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """As `Broker.quotes`."""
        ...

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """As `Broker.follow`."""
        ...

    def marks(self) -> AsyncIterator[Mark]:
        """As `Broker.marks`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """A key of the server's own that prices all of its connections, so that each needs none.

    `fields` are what the settings hold of it, by what a line takes them for in `signs`; connections
    share one line where those of their `endpoints` are the same.
    """

    fields: tuple[Field, ...]
    signs: Mapping[str, str]
    endpoints: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """All that a line needs; `endpoints` are base URLs by the names in the plugin.

    `permission` is what the person wants it for, so that no more than that is asked for; what may
    leave is the gate's to say. `prices`, where there are any, are to be used for the line's own.
    `trial` is a line that only proves the credentials, maybe beside one of the same connection.
    """

    credentials: Credentials
    environment: Environment
    endpoints: Mapping[str, str]
    gate: "Gate"
    clock: Clock
    permission: Permission = Permission.READ
    prices: Prices | None = None
    trial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A broker as the product sees it before anybody has signed in; importing it loads no SDK.

    `endpoints` are the vendor's own base URLs by environment and name; settings may replace each,
    and of those in `several` add further ones, called NAME_ANYTHING: a person who signs in chooses.
    `sign_ins` are the ways to sign in, the usual one first; `data_key` is what the server may have
    of its own for prices.
    """

    name: str
    title: str
    sign_ins: tuple[SignIn, ...]
    capabilities: Capabilities
    endpoints: Mapping[Environment, Mapping[str, str]]
    open: Callable[[Opening], Awaitable[Broker]]
    data_key: DataKey | None = None
    several: frozenset[str] = frozenset()

    @property
    def sign_in(self) -> SignIn:
        """The usual way."""
        return self.sign_ins[0]
