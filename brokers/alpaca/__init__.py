"""Alpaca: US equities, options and crypto, by API keys or by consent."""

from collections.abc import Mapping

from brokers.alpaca.capabilities import CAPABILITIES
from brokers.contract import (
    Asked,
    Broker,
    Consent,
    Credentials,
    DataKey,
    Field,
    Keys,
    Opening,
    Plugin,
)
from domain.account import Environment

# One for both environments; a token is always asked of the live host (OAuth guide, 2026-06).
_SHARED = {
    "data": "https://data.alpaca.markets",
    "data_stream": "wss://stream.data.alpaca.markets",
    "consent": "https://app.alpaca.markets",
    "token": "https://api.alpaca.markets",
}


async def _open(opening: Opening) -> Broker:
    from brokers.alpaca.line import Line

    return Line(opening)


async def _ask(opening: Opening, callback: str | None, state: str) -> Asked:
    from brokers.alpaca.consent import ask

    return await ask(opening, callback, state)


async def _redeem(opening: Opening, came: Mapping[str, str]) -> Credentials:
    from brokers.alpaca.consent import redeem

    return await redeem(opening, came)


PLUGIN = Plugin(
    name="alpaca",
    title="Alpaca",
    sign_ins=(
        Keys(
            fields=(
                Field(
                    name="key_id",
                    label="API key ID",
                    secret=False,
                    hint="begins with PK for paper trading and AK for live",
                ),
                Field(
                    name="secret",
                    label="Secret key",
                    secret=True,
                    hint="shown once, when the key is generated",
                ),
            )
        ),
        Consent(
            fields=(
                Field(
                    name="client_id",
                    label="Client ID",
                    secret=False,
                    hint="of an OAuth app that you registered with Alpaca",
                ),
                Field(
                    name="client_secret",
                    label="Client secret",
                    secret=True,
                    hint="of the same app",
                ),
            ),
            returns=("code",),
            ask=_ask,
            redeem=_redeem,
        ),
    ),
    capabilities=CAPABILITIES,
    endpoints={
        Environment.LIVE: {
            "trading": "https://api.alpaca.markets",
            "stream": "wss://api.alpaca.markets",
            **_SHARED,
        },
        Environment.PAPER: {
            "trading": "https://paper-api.alpaca.markets",
            "stream": "wss://paper-api.alpaca.markets",
            **_SHARED,
        },
    },
    open=_open,
    data_key=DataKey(
        fields=(
            Field(name="data_key_id", label="API key ID for market data", secret=False),
            Field(name="data_secret", label="Its secret key", secret=True),
        ),
        signs={"data_key_id": "key_id", "data_secret": "secret"},
        endpoints=frozenset({"data", "data_stream"}),
    ),
)
