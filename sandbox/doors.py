"""How each broker of the sandbox is reached and opened, in the words of whoever signs in there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from sandbox.ibkr.server import FLEX_QUERY, FLEX_TOKEN
from sandbox.serving import CONSUMER_KEY, CONSUMER_SECRET, PAPER_KEY, PAPER_SECRET, Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One sign-in to play money.

    `endpoints` are addresses by the names that the vendor's documentation gives them; `typed` is
    what a person types; `consent` what the page at an address gives to a person who agrees.
    """

    broker: str
    environment: str
    endpoints: Mapping[str, str]
    typed: Mapping[str, str] = field(repr=False)
    consent: Callable[[str], Mapping[str, str]] | None = None


def doors(box: Sandbox) -> tuple[Door, ...]:
    """One for each broker, to the accounts whose books a demo fills."""
    return (_alpaca(box), _ibkr(box), _etrade(box), _coinbase(box))


def _alpaca(box: Sandbox) -> Door:
    alpaca = box.alpaca
    return Door(
        broker="alpaca",
        environment="PAPER",
        endpoints={
            "trading": alpaca.paper.url,
            "stream": alpaca.paper.socket_url,
            "data": alpaca.market.url,
            "data_stream": alpaca.market_stream.socket_url,
            "consent": alpaca.live.url,
            "token": alpaca.live.url,
        },
        typed={"key_id": PAPER_KEY, "secret": PAPER_SECRET},
    )


def _ibkr(box: Sandbox) -> Door:
    return Door(
        broker="ibkr",
        environment="PAPER",
        endpoints={
            "gateway": box.ibkr.paper.url,
            "flex": f"{box.ibkr.flex.url}/AccountManagement/FlexWebService",
        },
        typed={"flex_token": FLEX_TOKEN, "flex_query": FLEX_QUERY},
    )


def _etrade(box: Sandbox) -> Door:
    etrade = box.etrade

    def consent(url: str) -> Mapping[str, str]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return {"oauth_verifier": etrade.tokens.let_in(asked["key"], asked["token"])}

    names = ("api", "oauth", "authorize")
    return Door(
        broker="etrade",
        environment="SANDBOX",
        endpoints=dict.fromkeys(names, etrade.host.url),
        typed={"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET},
        consent=consent,
    )


def _coinbase(box: Sandbox) -> Door:
    coinbase = box.coinbase
    return Door(
        broker="coinbase",
        environment="SANDBOX",
        endpoints={
            "rest": coinbase.rest.url,
            "market": coinbase.market.socket_url,
            "user": coinbase.user.socket_url,
        },
        typed={"key_name": coinbase.key_name, "private_key": coinbase.pem},
    )
