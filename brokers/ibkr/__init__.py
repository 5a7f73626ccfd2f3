"""Interactive Brokers, through IB Gateway or TWS, which its user runs and signs in to."""

from brokers.contract import Broker, Field, Keys, Opening, Plugin
from brokers.ibkr.capabilities import CAPABILITIES
from domain.account import Environment

_FLEX = "https://ndcdyn.interactivebrokers.com/AccountManagement/FlexWebService"


async def _open(opening: Opening) -> Broker:
    from brokers.ibkr.line import Line

    return Line(opening)


PLUGIN = Plugin(
    name="ibkr",
    title="Interactive Brokers",
    sign_ins=(
        Keys(
            fields=(
                Field(
                    name="gateway",
                    label="Gateway",
                    secret=False,
                    hint="its name in the server's settings if that has several; else leave empty",
                    required=False,
                ),
                Field(
                    name="client_id",
                    label="Client id",
                    secret=False,
                    hint="a number that no other program uses at this Gateway; by default ours",
                    required=False,
                ),
                Field(
                    name="account",
                    label="Account",
                    secret=False,
                    hint="one account of the Gateway's login, as U1234567; by default all of them",
                    required=False,
                ),
                Field(
                    name="flex_token",
                    label="Flex token",
                    secret=True,
                    hint="for transactions older than today; from Client Portal, Flex Web Service",
                    required=False,
                ),
                Field(
                    name="flex_query",
                    label="Flex query",
                    secret=False,
                    hint="the number of an activity query that the token opens",
                    required=False,
                ),
            )
        ),
    ),
    capabilities=CAPABILITIES,
    endpoints={
        Environment.LIVE: {"gateway": "tcp://127.0.0.1:4001", "flex": _FLEX},
        Environment.PAPER: {"gateway": "tcp://127.0.0.1:4002", "flex": _FLEX},
    },
    open=_open,
    several=frozenset({"gateway"}),
)
