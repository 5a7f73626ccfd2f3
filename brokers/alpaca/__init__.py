"""Alpaca: US equities, options and crypto, with API keys."""

from brokers.alpaca.capabilities import CAPABILITIES
from brokers.contract import Broker, Field, Keys, Opening, Plugin
from domain.account import Environment

_DATA = {"data": "https://data.alpaca.markets", "data_stream": "wss://stream.data.alpaca.markets"}


async def _open(opening: Opening) -> Broker:
    from brokers.alpaca.line import Line

    return Line(opening)


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
    ),
    capabilities=CAPABILITIES,
    endpoints={
        Environment.LIVE: {
            "trading": "https://api.alpaca.markets",
            "stream": "wss://api.alpaca.markets",
            **_DATA,
        },
        Environment.PAPER: {
            "trading": "https://paper-api.alpaca.markets",
            "stream": "wss://paper-api.alpaca.markets",
            **_DATA,
        },
    },
    open=_open,
)
