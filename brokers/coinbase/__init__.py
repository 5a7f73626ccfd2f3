"""Coinbase Advanced Trade: crypto against dollars and other cash, with CDP keys."""

from brokers.coinbase.capabilities import CAPABILITIES
from brokers.contract import Broker, Field, Keys, Opening, Plugin
from domain.account import Environment


async def _open(opening: Opening) -> Broker:
    from brokers.coinbase.line import Line

    return Line(opening)


PLUGIN = Plugin(
    name="coinbase",
    title="Coinbase",
    sign_ins=(
        Keys(
            fields=(
                Field(
                    name="key_name",
                    label="API key name",
                    secret=False,
                    hint="organizations/.../apiKeys/..., of a key that can view and trade only",
                ),
                Field(
                    name="private_key",
                    label="Private key",
                    secret=True,
                    hint="all of it, from BEGIN to END; of an Ed25519 key the base64 text",
                ),
            )
        ),
    ),
    capabilities=CAPABILITIES,
    endpoints={
        Environment.LIVE: {
            "rest": "https://api.coinbase.com",
            "market": "wss://advanced-trade-ws.coinbase.com",
            "user": "wss://advanced-trade-ws-user.coinbase.com",
        },
        # Coinbase's own sandbox has canned answers and no websockets: this is `python -m sandbox`.
        Environment.SANDBOX: {
            "rest": "http://127.0.0.1:8805",
            "market": "ws://127.0.0.1:8806",
            "user": "ws://127.0.0.1:8807",
        },
    },
    open=_open,
)
