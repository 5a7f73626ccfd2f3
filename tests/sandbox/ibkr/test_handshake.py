"""Connecting to the Gateway: versions, clients, order ids, and all the ways of not getting in."""

import asyncio

import pytest

from sandbox.ibkr.gateway import Gateway
from tests.sandbox.ibkr.conftest import Connect, Dial
from tests.sandbox.ibkr.shop import order, place
from tests.sandbox.ibkr.wire import Client


@pytest.mark.parametrize("newest", [157, 170, 176, 178])
async def test_a_client_gets_the_newest_version_that_it_knows(dial: Dial, newest: int) -> None:
    assert (await dial(newest, None)).version == newest


async def test_a_client_that_knows_newer_versions_gets_the_newest_one_here(dial: Dial) -> None:
    assert (await dial(203, None)).version == 178


async def test_a_client_is_told_accounts_order_id_and_farms_in_the_recorded_order(
    dial: Dial,
) -> None:
    client = await dial(176, None)

    told = await client.start(4)

    assert [one[0] for one in told] == ["15", "9", "4", "4", "4"]
    assert told[0] == ["15", "1", "DU1000001,DU1000002,"]
    assert told[1] == ["9", "1", "1"]
    assert [one[3] for one in told[2:]] == ["2104", "2106", "2158"]


async def test_a_client_id_in_use_is_told_so_and_closed(dial: Dial) -> None:
    await dial(client_id=3)
    second = await dial(client_id=None)

    second.send("71", "2", "3", "")

    assert (await second.read())[:4] == ["4", "2", "-1", "326"]
    with pytest.raises(asyncio.IncompleteReadError):
        await second.read()


async def test_a_client_id_is_free_again_once_its_client_has_left(
    connect: Connect, gateway: Gateway
) -> None:
    (await connect(3)).disconnect()

    assert (await connect(3)).isConnected()
    assert [one.client_id for one in gateway.started()] == [3]


async def test_order_ids_go_on_for_each_client_alone_and_over_a_restart(
    connect: Connect, gateway: Gateway, dial: Dial
) -> None:
    ib = await connect(1)
    trade = await place(ib, order("LMT", lmtPrice=100), "Submitted")
    await gateway.down()
    await gateway.up()

    told = {
        client_id: (await (await dial(client_id=None)).start(client_id))[1][2]
        for client_id in (1, 2)
    }

    assert told == {1: str(trade.order.orderId + 1), 2: "1"}


async def test_a_gateway_with_its_api_off_closes_before_it_says_anything(
    gateway: Gateway,
) -> None:
    gateway.habits.api_off = True

    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await Client.open(gateway.port, 176)


async def test_a_gateway_that_is_down_refuses_and_comes_back_on_its_port(
    gateway: Gateway, connect: Connect
) -> None:
    port = gateway.port
    await gateway.down()
    with pytest.raises(ConnectionRefusedError):
        await connect()

    await gateway.up()

    assert (gateway.port, (await connect(2)).isConnected()) == (port, True)


async def test_more_clients_than_it_takes_are_closed(gateway: Gateway, dial: Dial) -> None:
    gateway.habits.most_clients = 1
    await dial(client_id=1)

    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await dial(client_id=2)


async def test_a_request_before_the_start_is_not_known(dial: Dial) -> None:
    client = await dial(client_id=None)

    client.send("61", "1")

    assert (await client.read())[3] == "320"


async def test_too_many_messages_are_told_and_the_second_time_cut_off(
    dial: Dial, gateway: Gateway
) -> None:
    client = await dial()
    for _ in range(gateway.habits.most_messages + 1):
        client.send("59", "1", "1")
    assert (await client.read())[3] == "100"

    for _ in range(gateway.habits.most_messages + 1):
        client.send("59", "1", "1")

    assert (await client.read())[3] == "100"
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await client.read()


async def test_a_frame_that_is_too_long_ends_the_conversation(dial: Dial) -> None:
    client = await dial()

    client.writer.write(b"\x7f\xff\xff\xff")

    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await client.read()
