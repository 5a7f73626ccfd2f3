"""A server that has a key of its own for prices: one socket for everybody's connections."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import sandbox
from sandbox.orders import Side, Ticket
from tests.app.process import ran
from tests.flow.world import World, world
from tests.waiting import asked_until

KEY, SECRET = "PKSANDBOXHOUSE000001", "planted-house-secret"
SETTINGS = {"APPS__ALPACA__DATA_KEY_ID": KEY, "APPS__ALPACA__DATA_SECRET": SECRET}
PRICES = """
{ positions(first: 10) { edges { node { valuation { price source asOf } } } } }
"""
OTHER = ("PKSANDBOX00000000002", "sandbox-paper-secret-2")


async def test_one_socket_prices_everybody_and_says_where_a_price_is_from(tmp_path: Path) -> None:
    async with world(tmp_path, users=("ada", "eve")) as made:
        made.box.alpaca.account(KEY, SECRET)
        accounts = (made.box.paper, made.box.alpaca.account(*OTHER))
        for account in accounts:
            ticket = Ticket(symbol="AAPL", side=Side.BUY, quantity=Decimal(1))
            made.box.exchange.submit(account, ticket)
            made.box.exchange.work()
        async with made.served(**SETTINGS, LOG_LEVEL="debug") as (url, child):
            ada, eve = made.api(url), made.api(url, "eve")
            await ada.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
            await eve.link(*OTHER)
            await asked_until(lambda: _subscribed(made), bool)
            made.box.exchange.set_price("AAPL", Decimal("251.25"))
            for api in (ada, eve):
                await asked_until(lambda api=api: api.ask(PRICES), _streamed)  # type: ignore[misc]  # bound at once
            sessions = made.box.alpaca.prices.sessions
            assert {each.credential and each.credential.id for each in sessions} == {KEY}
            await child.stop()
            assert SECRET not in "\n".join([*child.out, *child.err])
        verified = await made.run("audit", "verify")
        assert "(the server itself)\twhole" in verified.out


async def _subscribed(made: World) -> bool:
    return any(session.wants("trades", "AAPL") for session in made.box.alpaca.prices.sessions)


def _streamed(found: dict[str, Any]) -> bool:
    valued = [edge["node"]["valuation"] for edge in found["positions"]["edges"]]
    return [(one["price"], one["source"]) for one in valued if one] == [("251.25", "STREAM")]


async def test_a_setting_that_no_broker_has_keeps_the_server_from_starting(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        child = await ran(made.folder, "serve", PORT="0", APPS__ALPACA__CLIENT_SECRETS="planted")
    assert child.process.returncode == 1
    said = "\n".join([*child.out, *child.err])
    assert "BROKERGRAPH_APPS__ALPACA__CLIENT_SECRETS" in said
    assert "data_key_id" in said
    assert "planted" not in said
