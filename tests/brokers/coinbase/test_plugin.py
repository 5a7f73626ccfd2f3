"""What the product sees of Coinbase before anybody has signed in."""

import subprocess
import sys

from brokers.coinbase import PLUGIN
from domain.account import Environment
from sandbox.exchange import Exchange
from sandbox.serving import Sandbox

USUAL_PORT = 8800


def test_its_sandbox_is_ours_at_its_usual_ports() -> None:
    coinbase = Sandbox(Exchange(), port=USUAL_PORT).coinbase
    assert PLUGIN.endpoints[Environment.SANDBOX] == {
        "rest": coinbase.rest.url,
        "market": coinbase.market.socket_url,
        "user": coinbase.user.socket_url,
    }
    assert PLUGIN.endpoints[Environment.LIVE].keys() == PLUGIN.endpoints[Environment.SANDBOX].keys()


def test_only_the_private_key_is_secret() -> None:
    fields = {one.name: one.secret for way in PLUGIN.sign_ins for one in way.fields}
    assert fields == {"key_name": False, "private_key": True}


def test_looking_at_it_loads_neither_its_line_nor_what_signs() -> None:
    script = (
        "import sys, brokers.coinbase;"
        "print([one for one in ('brokers.coinbase.line', 'joserfc', 'aiohttp')"
        " if one in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert told.stdout.strip() == "[]"
