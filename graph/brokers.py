"""Brokers that can be linked, what signing in takes, and what each of them can do."""

from collections.abc import Iterable
from datetime import datetime

import strawberry
from strawberry import Parent

from brokers.contract import Plugin
from domain.account import Environment
from domain.capabilities import Capabilities as CapabilitiesValue
from domain.capabilities import PreviewBy, Proof, Pushed, Rate, Replacing, Trades, Types
from domain.instrument import AssetClass
from domain.order import OrderClass, OrderType, TimeInForce
from graph.context import Info
from graph.fields import seconds
from trading.sign_ins import Offer, SignInKind


@strawberry.type(description="One thing to type in when signing in to a broker.")
class SignInField:
    """Declares what is shown of the contract's Field."""

    name: str = strawberry.field(description="The name to send its value under.")
    label: str = strawberry.field(description="What to call it in a dialog.")
    secret: bool = strawberry.field(description="Whether to hide it while it is typed.")
    hint: str = strawberry.field(description="Where a person finds it.")
    required: bool = strawberry.field(description="Whether it has to be filled in.")


@strawberry.type(description="A way to sign in to a broker.")
class SignIn:
    """Declares what is shown of an Offer."""

    kind: SignInKind = strawberry.field(
        description="KEYS are typed in; a CONSENT is given on the broker's own page."
    )
    name: str = strawberry.field(description="The name to choose it by.")
    fields: list[SignInField] = strawberry.field(
        description="What to ask the user for: KEYS to complete, for a CONSENT to begin. What the "
        "server's settings hold is left out."
    )
    verifier: SignInField | None = strawberry.field(
        description="What the user may copy from the broker's page, to complete by it."
    )
    callback_url: str | None = strawberry.field(
        description="Where the broker's page sends the user back to: register it there."
    )
    authorize_url: str | None = strawberry.field(
        description="The broker's page to open, once the sign-in was begun."
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when the consent may be given, once the sign-in was begun."
    )


@strawberry.type(description="An order type and how long such an order may live.")
class OrderTypeRule:
    """One entry of a mapping, shown as an item of a list."""

    type: OrderType = strawberry.field(description="How the order is priced.")
    times_in_force: list[TimeInForce] = strawberry.field(description="How long it may live.")


def order_type_rules(
    rules: Iterable[tuple[OrderType, Iterable[TimeInForce]]],
) -> list[OrderTypeRule]:
    """Entries of a mapping as a list, always in the same order."""
    return [OrderTypeRule(type=rule, times_in_force=sorted(times)) for rule, times in rules]


@strawberry.type(description="What orders that hang together in one way may be.")
class ClassRules:
    """One entry of Trades.class_types."""

    order_class: OrderClass = strawberry.field(description="How they hang together.")
    types: list[OrderTypeRule] = strawberry.field(description="Types of the first of them.")


@strawberry.type(
    description="What can be ordered in one asset class. An order has to be allowed by the rules "
    "of everything that it is: of its class, for a fraction, for an amount of money."
)
class TradeRules:
    """One entry of Capabilities.trades."""

    asset_class: AssetClass = strawberry.field(description="What is traded.")
    types: list[OrderTypeRule] = strawberry.field(description="Types in the regular session.")
    extended_hours: list[OrderTypeRule] = strawberry.field(description="Types outside of it.")
    classes: list[OrderClass] = strawberry.field(description="How orders may hang together.")
    class_rules: list[ClassRules] = strawberry.field(
        description="Of the classes that may be less than a simple order."
    )
    fractional: bool = strawberry.field(description="Whether parts of a unit can be ordered.")
    fractional_types: list[OrderTypeRule] = strawberry.field(
        description="Types of orders for parts of a unit."
    )
    notional: bool = strawberry.field(description="Whether an amount of money can be ordered.")
    notional_types: list[OrderTypeRule] = strawberry.field(
        description="Types of orders for an amount of money."
    )
    short: bool = strawberry.field(description="Whether what is not held can be sold.")


def trade_rules(asset_class: AssetClass, trades: Trades) -> TradeRules:
    """What is shown of one asset class."""
    return TradeRules(
        asset_class=asset_class,
        types=order_type_rules(trades.types.items()),
        extended_hours=order_type_rules(trades.extended_hours.items()),
        classes=sorted(trades.classes),
        class_rules=[
            ClassRules(order_class=one, types=order_type_rules(types.items()))
            for one, types in trades.class_types.items()
        ],
        fractional=trades.fractional,
        fractional_types=_if(trades.fractional, trades.fractional_types, trades),
        notional=trades.notional,
        notional_types=_if(trades.notional, trades.notional_types, trades),
        short=trades.short,
    )


def _if(able: bool, types: Types | None, trades: Trades) -> list[OrderTypeRule]:  # noqa: FBT001 (it reads as said)
    """A table of its own, else that of all orders, else nothing."""
    if not able:
        return []
    return order_type_rules((trades.types if types is None else types).items())


@strawberry.type(description="What stands behind a declared capability.")
class CapabilityProof:
    """One entry of Capabilities.proof."""

    capability: str = strawberry.field(description="The capability, by its field's name.")
    proof: Proof = strawberry.field(description="How it is known.")
    on: str | None = strawberry.field(description="When a vendor's page said so; else null.")


def _trades(source: Parent[CapabilitiesValue]) -> list[TradeRules]:
    return [trade_rules(*entry) for entry in source.trades.items()]


def _pushes(source: Parent[CapabilitiesValue]) -> list[Pushed]:
    return sorted(source.pushes)


def _rate(source: Parent[CapabilitiesValue]) -> str:
    rate: Rate = source.rate
    return f"{rate.calls} calls in {rate.per.total_seconds():g} s"


def _proofs(source: Parent[CapabilitiesValue]) -> list[CapabilityProof]:
    return [
        CapabilityProof(capability=name, proof=known.proof, on=known.on)
        for name, known in source.proof.items()
    ]


@strawberry.type(
    description="All in which brokers differ, so that a client never asks which it is."
)
class Capabilities:
    """Declares what is shown of the domain's Capabilities."""

    trades: list[TradeRules] = strawberry.field(
        resolver=_trades, description="What can be ordered, by asset class."
    )
    preview: PreviewBy = strawberry.field(description="Who works out what an order would cost.")
    replacing: Replacing = strawberry.field(
        description="What a replacement does to the order's id."
    )
    pushes: list[Pushed] = strawberry.field(
        resolver=_pushes, description="What arrives without asking; the rest is polled."
    )
    rate: str = strawberry.field(resolver=_rate, description="How many calls the broker takes.")
    poll_open_every_seconds = seconds(
        "poll_open_every", int, "How often it is polled with an order open."
    )
    poll_every_seconds = seconds("poll_every", int, "How often it is polled otherwise.")
    sync_every_seconds = seconds(
        "sync_every", int, "How often everything is read, unless the user chose."
    )
    market_hours_only: bool = strawberry.field(
        description=(
            "Whether it is left alone while its markets are closed, unless the user chose how "
            "often it is read."
        )
    )
    find_horizon_seconds = seconds(
        "find_horizon", int | None, "How far back an order is found by our id; null for ever."
    )
    proofs: list[CapabilityProof] = strawberry.field(
        resolver=_proofs, description="How each capability is known, beside our own sandbox."
    )


def _sign_ins(source: Parent[Plugin], info: Info) -> list[Offer]:
    return list(info.context.services.connect.offers(source.name))


def _environments(source: Parent[Plugin]) -> list[Environment]:
    return sorted(source.endpoints)


@strawberry.type(description="A broker that this server can link.")
class Broker:
    """Declares what is shown of a plugin."""

    name: str = strawberry.field(description="Its name in this API.")
    title: str = strawberry.field(description="Its name for people.")
    environments: list[Environment] = strawberry.field(
        resolver=_environments, description="Where it can be signed in to."
    )
    sign_ins = strawberry.field(
        resolver=_sign_ins,
        graphql_type=list[SignIn],
        description="The ways to sign in, the usual one first.",
    )
    capabilities: Capabilities = strawberry.field(description="What it can do.")


@strawberry.type
class BrokerQuery:
    """Root fields about brokers."""

    @strawberry.field(graphql_type=list[Broker], description="Every broker that can be linked.")
    def brokers(self, info: Info) -> list[Plugin]:
        """By title, as a dialog lists them."""
        return sorted(info.context.services.plugins.values(), key=lambda plugin: plugin.title)
