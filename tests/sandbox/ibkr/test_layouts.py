"""The sandbox's messages against frames that others recorded from real Gateways, field by field.

The recordings are of server version 200; where a message grew after 178, what came later is said.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml

from sandbox.account import Account
from sandbox.ibkr import layouts, order_layouts
from sandbox.ibkr.asked import Asked
from sandbox.ibkr.contracts import Catalog, Contract, Query
from sandbox.ibkr.placed import Fill, Placed
from sandbox.ibkr.wire import Value, text
from sandbox.instruments import INSTRUMENTS
from sandbox.orders import Execution, Order, OrdStatus, OrdType, Side, Ticket
from sandbox.world import WORLD
from tests.recordings import RECORDINGS, needs_recordings

IBKR = RECORDINGS / "ibkr"
pytestmark = needs_recordings
D = Decimal
EPOCH = datetime(2026, 4, 15, 15, 0, 11, tzinfo=UTC)
AAPL = Catalog({one.symbol: one for one in (*INSTRUMENTS, *WORLD)}).by_symbol["AAPL"]
GOOD_TILL_DATE = 36
"""Up to here an openOrder of version 200 is one of 178; then it has one field fewer until the slot
of a short sale."""
TO_MARGINS = 67
"""So far from the exempt code on they agree again; then it has nine more margins."""


def captured(number: str, at: int = 0) -> list[str]:
    """A recorded frame of a message, without the empty text behind the last NUL."""
    frames = json.loads((IBKR / "ibkr-go" / "captured_frames.json").read_text())
    found = [one["fields"] for one in frames if one["fields"][0] == number]
    fields: list[str] = found[at]
    return fields[:-1]


def shown(values: Sequence[Value]) -> list[str]:
    return [text(one) for one in values]


def placed(contract: Contract, account: str, order: Order, **terms: str) -> Placed:
    return Placed(
        account=Account(id="", number=account, opened=EPOCH, margin=D(1)),
        contract=contract,
        asked=Asked(order_id=0, query=Query(exchange="SMART"), terms=terms),
        exchange_id="",
        perm_id=0,
        client_id=0,
        order_id=0,
        draft=order,
    )


def an_order(ticket: Ticket, status: OrdStatus, **fields: Any) -> Order:
    return Order(
        id="",
        account_id="",
        client_id="",
        ticket=ticket,
        status=status,
        created=EPOCH,
        updated=EPOCH,
        **fields,
    )


def test_an_open_order_is_what_was_recorded() -> None:
    put = replace(
        AAPL,
        con_id=853200900,
        symbol="OBDC",
        sec_type="OPT",
        last_trade_date="20261120",
        strike=D(10),
        right="P",
        multiplier="100",
        local_symbol="OBDC  261120P00010000",
        trading_class="OBDC",
    )
    ticket = Ticket(symbol="", side=Side.SELL, type=OrdType.LIMIT, quantity=D(1))
    order = placed(
        put,
        "DU9000001",
        an_order(ticket, OrdStatus.PENDING_NEW),
        action="SELL",
        orderType="LMT",
        lmtPrice="1.2",
        tif="GTC",
    )
    order.perm_id = 1518189976

    made = shown(order_layouts.open_order(178, order))

    recorded = captured("5")
    recorded[30] = recorded[30].replace(".1/", ".0/")  # how often it was changed
    same, later = made.index("-1"), recorded.index("-1")
    assert made[:GOOD_TILL_DATE] == recorded[:GOOD_TILL_DATE]
    assert made[same - 2 : same + TO_MARGINS] == recorded[later - 2 : later + TO_MARGINS]
    same, later = (
        one.index("None", at + TO_MARGINS) for one, at in ((made, same), (recorded, later))
    )
    assert made[same - 3 :] == recorded[later - 3 :][: len(made) - same + 3]


def test_a_completed_order_is_what_was_recorded() -> None:
    ticket = Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1))
    order = placed(
        AAPL,
        "DU9000001",
        an_order(ticket, OrdStatus.CANCELED, ended=EPOCH, stop_price=D(2000)),
        action="BUY",
        orderType="TRAIL LIMIT",
        lmtPrice="2000.05",
        auxPrice="1.0",
        lmtPriceOffset="0.05",
        tif="DAY",
    )
    order.perm_id = 1426085924

    made = shown(order_layouts.completed_order(178, order))

    recorded = captured("101")
    assert made == recorded[: len(made)]
    assert recorded[len(made) :] == ["", "0", "paper-user"]  # newer than 178


def test_an_execution_is_what_was_recorded() -> None:
    execution = Execution(
        id="",
        order_id="",
        account_id="",
        symbol="AAPL",
        side=Side.BUY,
        quantity=D(1),
        price=D("257.95"),
        commission=D(1),
        cumulative=D(1),
        leaves=D(0),
        position=D(1),
        at=datetime(2026, 4, 13, 19, 27, 4, tzinfo=UTC),
    )
    order = placed(
        AAPL,
        "DUP770846",
        an_order(Ticket(symbol="AAPL", side=Side.BUY), OrdStatus.FILLED),
    )
    order.order_id, order.perm_id, order.client_id = 1, 389211034, 94
    fill = Fill(
        placed=order,
        contract=AAPL,
        execution=execution,
        prefix="0000e0d5.69dd7411.01",
        cumulative=D(1),
        average=D("257.95"),
    )

    made = shown(layouts.execution(178, fill))

    recorded = captured("11")
    assert made == recorded[: len(made)]
    assert recorded[len(made) :] == [""]  # newer than 178


def test_contract_details_have_the_recorded_fields_in_their_places() -> None:
    made = shown(layouts.contract_details(178, 1001, AAPL))

    recorded = captured("10")
    del recorded[5]  # the last trade date's own field is newer than 178
    del recorded[-1]
    assert len(made) == len(recorded) - 2  # it recorded one security id, a tag and a value
    same = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 20, 21, 25)
    assert [made[at] for at in same] == [recorded[at] for at in same]


def test_a_position_and_its_end_are_what_was_recorded() -> None:
    block = AAPL.block(AAPL.listing, strike="0.0")

    recorded = _interactions()["positions"][0]

    made = shown([61, 3, "ACCOUNT_ID", *block, D(-110), D("201.8829709")])
    assert made == recorded


def test_a_future_is_held_under_no_exchange_as_was_recorded() -> None:
    future = Contract(
        con_id=637533641,
        symbol="ES",
        sec_type="FUT",
        currency="USD",
        local_symbol="ESU5",
        trading_class="ES",
        long_name="",
        market_symbol="",
        exchange="CME",
        last_trade_date="20250919",
        multiplier="50",
    )

    made = [61, 3, "ACCOUNT_ID", *future.block(future.listing, strike="0.0"), 1, D("315114.75")]

    assert shown(made) == _interactions()["positions"][1]


COUNTS = [
    (157, 128, 96),
    (159, 129, 96),
    (160, 130, 96),
    (162, 131, 96),
    (170, 136, 101),
    (177, 135, 100),
]


@pytest.mark.parametrize(
    ("version", "open_order", "completed_order"),
    COUNTS,
)
def test_each_version_has_as_many_fields_as_were_recorded_of_it(
    version: int, open_order: int, completed_order: int
) -> None:
    ticket = Ticket(symbol="AAPL", side=Side.BUY, quantity=D(1))
    order = placed(AAPL, "DU1", an_order(ticket, OrdStatus.NEW), orderType="MKT")

    assert len(order_layouts.open_order(version, order)) == open_order
    assert len(order_layouts.completed_order(version, order)) == completed_order


def _interactions() -> dict[str, list[list[str]]]:
    """The answers of the other recording, by the name of the request."""
    path = IBKR / "rust-ibapi" / "tws_interactions.yaml"
    found = yaml.safe_load(path.read_text())["interactions"]
    return {
        one["name"]: [each["raw"].split("\0")[:-1] for each in one["responses"]] for one in found
    }
