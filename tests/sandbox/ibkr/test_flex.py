"""The Flex Web Service: ordered, in the making, fetched; and every way in which it says no."""

from collections.abc import AsyncIterator
from datetime import timedelta
from xml.etree.ElementTree import Element

import aiohttp
import pytest
from defusedxml.ElementTree import fromstring

from sandbox import Sandbox
from sandbox.account import MovementKind
from sandbox.ibkr.flex import ROOT
from sandbox.ibkr.server import FLEX_LIVE_TOKEN, FLEX_QUERY, FLEX_TOKEN
from sandbox.orders import Side, Ticket
from tests.sandbox.ibkr.shop import FIRST, SECOND, D


class Service:
    """Asks the service and reads its XML."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, path: str, token: str = FLEX_TOKEN, **query: str) -> Element:
        """One request."""
        async with self._session.get(
            f"{ROOT}/{path}", params={"t": token, "v": "3"} | query
        ) as got:
            found: Element = fromstring(await got.text())
            return found

    async def ordered(self) -> str:
        """The reference of a statement."""
        return (await self.ask("SendRequest", q=FLEX_QUERY)).findtext("ReferenceCode", "")

    async def code(self, path: str, token: str = FLEX_TOKEN, **query: str) -> str:
        """The error that a request is answered with."""
        return (await self.ask(path, token, **query)).findtext("ErrorCode", "")

    async def statement(self) -> Element:
        """A whole one."""
        reference = await self.ordered()
        while (found := await self.ask("GetStatement", q=reference)).tag != "FlexQueryResponse":
            pass
        return found


@pytest.fixture
async def service(box: Sandbox) -> AsyncIterator[Service]:
    async with aiohttp.ClientSession(box.ibkr.flex.url) as session:
        yield Service(session)


async def test_a_statement_is_in_the_making_for_as_long_as_asked(
    service: Service, box: Sandbox
) -> None:
    box.ibkr.flex_service.polls = 2
    reference = await service.ordered()

    answers = [await service.ask("GetStatement", q=reference) for _ in range(3)]

    assert [one.findtext("ErrorCode") for one in answers] == ["1019", "1019", None]
    assert answers[2].tag == "FlexQueryResponse"


async def test_it_holds_trades_cash_and_transfers_of_each_account(
    service: Service, box: Sandbox
) -> None:
    account = box.ibkr.paper.accounts[FIRST]
    box.exchange.submit(account, Ticket(symbol="SAP.IBIS", side=Side.BUY, quantity=D(10)))
    box.exchange.work()
    box.exchange.move_cash(account, MovementKind.DIVIDEND, D("1.83"), symbol="AAPL")
    box.ibkr.flex_service.transfer(account, "MSFT", D(5))

    first, second = (await service.statement()).iter("FlexStatement")

    assert [first.get("accountId"), second.get("accountId")] == [FIRST, SECOND]
    (trade,) = first.iter("Trade")
    shown = [trade.get(name) for name in ("symbol", "currency", "quantity", "proceeds", "buySell")]
    assert shown == ["SAP", "EUR", "10", "-2300.2", "BUY"]
    assert trade.get("ibExecID") == box.ibkr.paper.fills.all[0].id
    assert [(one.get("type"), one.get("amount")) for one in first.iter("CashTransaction")] == [
        ("Deposits/Withdrawals", "100000"),
        ("Dividends", "1.83"),
    ]
    (moved,) = first.iter("Transfer")
    assert (moved.get("symbol"), moved.get("quantity"), moved.get("type")) == ("MSFT", "5", "ACATS")
    assert account.holding("MSFT").quantity == 5
    assert list(second.iter("Trade")) == []


async def test_what_is_sold_has_a_negative_quantity_and_brings_money(
    service: Service, box: Sandbox
) -> None:
    account = box.ibkr.paper.accounts[FIRST]
    box.exchange.submit(account, Ticket(symbol="ESH7", side=Side.SELL, quantity=D(1)))
    box.exchange.work()

    (trade,) = (await service.statement()).iter("Trade")

    shown = [
        trade.get(name) for name in ("buySell", "quantity", "proceeds", "netCash", "ibCommission")
    ]
    assert shown == ["SELL", "-1", "334962.5", "334961.5", "-1"]


async def test_each_reason_to_say_no_has_its_code(service: Service, box: Sandbox) -> None:
    reference = await service.ordered()

    assert await service.code("SendRequest", "7", q=FLEX_QUERY) == "1015"
    assert await service.code("SendRequest", q="5") == "1014"
    assert await service.code("SendRequest", q=FLEX_QUERY, v="2") == "1020"
    assert await service.code("GetStatement", q="5") == "1017"
    assert await service.code("GetStatement", FLEX_LIVE_TOKEN, q=reference) == "1017"
    grant = box.ibkr.flex_service.tokens[FLEX_TOKEN]
    grant.expires = box.exchange.time() - timedelta(seconds=1)
    assert await service.code("SendRequest", q=FLEX_QUERY) == "1012"


async def test_too_many_requests_may_be_told_and_are_a_warning(
    service: Service, box: Sandbox
) -> None:
    box.ibkr.flex_service.refuse(1018)

    answer = await service.ask("SendRequest", q=FLEX_QUERY)

    assert (answer.findtext("Status"), answer.findtext("ErrorCode")) == ("Warn", "1018")
    assert await service.code("SendRequest", q=FLEX_QUERY) == ""


async def test_a_program_that_does_not_name_itself_is_turned_away(box: Sandbox) -> None:
    url = f"{box.ibkr.flex.url}{ROOT}/SendRequest"
    async with (
        aiohttp.ClientSession(skip_auto_headers=["User-Agent"]) as session,
        session.get(url) as answer,
    ):
        assert answer.status == 403
