"""401 is doubted: a spurious one, a clock that is off and a dead key are told apart."""

from datetime import timedelta

import pytest

from brokers.coinbase.line import Line
from domain.errors import (
    CredentialsRejected,
    NotPermitted,
    RateLimited,
    Refused,
    Unreachable,
)
from sandbox import Sandbox
from tests.brokers.coinbase_line.scene import ROOT, Off, lost, opened, ticket
from tests.brokers.desk import Desk

ACCOUNTS, KEY, ORDERS = f"{ROOT}/accounts", f"{ROOT}/key_permissions", f"{ROOT}/orders"


async def test_a_spurious_401_is_asked_again_and_nobody_hears_of_it(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    box.faults.add("unauthorized", path=ACCOUNTS)
    await line.snapshot(number)
    operations = [one.operation for one in desk.records]
    assert operations[:4] == ["permissions", "accounts", "confirm", "accounts"]


async def test_one_that_does_not_end_while_the_key_is_good_is_too_many_calls(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("unauthorized", path=ACCOUNTS, count=0)
    with pytest.raises(RateLimited):
        await line.snapshot(number)


async def test_an_order_that_met_one_was_not_placed_and_is_not_sent_again(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("unauthorized", method="POST", path=ORDERS)
    with pytest.raises(Refused) as told:
        await line.place(ticket(number))
    assert not isinstance(told.value, CredentialsRejected)
    assert box.coinbase.account.orders == {}
    assert len(box.log.matching("POST", ORDERS)) == 1


@pytest.mark.parametrize(("off", "way"), [(300, "ahead of"), (12, "ahead of"), (-300, "behind")])
async def test_a_clock_that_is_off_is_what_is_to_be_mended(
    line: Line, clock: Off, number: str, off: int, way: str
) -> None:
    clock.by = timedelta(seconds=off)
    with pytest.raises(Refused) as told:
        await line.snapshot(number)
    assert not isinstance(told.value, CredentialsRejected)
    assert f"seconds {way} Coinbase's" in told.value.message


async def test_a_dead_key_is_rejected(line: Line, box: Sandbox, number: str) -> None:
    box.coinbase.revoke(box.coinbase.key_name)
    with pytest.raises(CredentialsRejected) as told:
        await line.snapshot(number)
    assert box.coinbase.pem not in repr(told.value)
    with pytest.raises(CredentialsRejected):
        await line.place(ticket(number))


async def test_a_stream_that_does_not_know_a_good_key_is_tried_again(
    line: Line, box: Sandbox, number: str
) -> None:
    said = '{"type":"error","message":"authentication failure"}'
    box.faults.add("replace_frame", containing='"user":', text=said)
    assert isinstance(await lost(line), Unreachable)
    box.coinbase.revoke(box.coinbase.key_name)
    assert isinstance(await lost(line), CredentialsRejected)


async def test_what_a_key_may_not_do_is_told_before_and_after(box: Sandbox, desk: Desk) -> None:
    key = box.coinbase.new_key("viewer", can_trade=False, can_transfer=True)
    async with opened(box, desk, key) as line:
        (account,) = await line.accounts()
        assert len(account.restrictions) == 2
        with pytest.raises(NotPermitted):
            await line.place(ticket(account.number))


async def test_a_key_of_another_portfolio_reads_nothing_of_this_one(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    key = box.coinbase.new_key("other", box.coinbase.open_account())
    async with opened(box, desk, key) as other:
        with pytest.raises(NotPermitted):
            await other.snapshot(number)
