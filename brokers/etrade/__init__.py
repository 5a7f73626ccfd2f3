"""E*TRADE: US equities, options and mutual funds, with OAuth 1.0a."""

from collections.abc import Mapping

from brokers.contract import Asked, Broker, Consent, Credentials, Field, Opening, Plugin
from brokers.etrade.capabilities import CAPABILITIES
from domain.account import Environment

# Sandbox and production have keys of their own and one host that signs people in.
_SIGN_IN = {"oauth": "https://api.etrade.com", "authorize": "https://us.etrade.com"}


async def _ask(opening: Opening, callback: str | None, state: str) -> Asked:
    from brokers.etrade import sign_in

    return await sign_in.ask(opening, callback, state)


async def _redeem(opening: Opening, returned: Mapping[str, str]) -> Credentials:
    from brokers.etrade import sign_in

    return await sign_in.redeem(opening, returned)


async def _open(opening: Opening) -> Broker:
    from brokers.etrade.line import Line

    return Line(opening)


PLUGIN = Plugin(
    name="etrade",
    title="E*TRADE",
    sign_ins=(
        Consent(
            fields=(
                Field(
                    name="consumer_key",
                    label="Consumer key",
                    secret=False,
                    hint="of your developer account; sandbox and production have one each",
                ),
                Field(name="consumer_secret", label="Consumer secret", secret=True),
            ),
            ask=_ask,
            redeem=_redeem,
            verifier=Field(
                name="oauth_verifier",
                label="Verification code",
                secret=False,
                hint="five characters that E*TRADE shows once you have let us in",
            ),
            state="oauth_token",
            returns=("oauth_verifier",),
        ),
    ),
    capabilities=CAPABILITIES,
    endpoints={
        Environment.LIVE: {"api": "https://api.etrade.com", **_SIGN_IN},
        Environment.SANDBOX: {"api": "https://apisb.etrade.com", **_SIGN_IN},
    },
    open=_open,
)
