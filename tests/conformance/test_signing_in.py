"""Signing in at every broker: what is reached, what is refused, how it ends and is mended."""

import pytest

from domain.errors import BrokerError, CredentialsRejected
from tests.conformance.scene import Scene


async def test_the_accounts_that_the_credentials_open_are_told(scene: Scene) -> None:
    told = await (await scene.broker()).accounts()
    assert [one.number for one in told] == list(scene.stage.accounts)
    assert all(one.raw_status for one in told)


async def test_wrong_credentials_are_rejected_before_they_are_kept(scene: Scene) -> None:
    with pytest.raises(CredentialsRejected):
        async with scene.lines.trial(scene.connection, scene.stage.wrong) as broker:
            await broker.accounts()


async def test_a_sign_in_that_ended_says_so_and_is_mended_with_the_same_accounts(
    scene: Scene,
) -> None:
    broker = await scene.broker()
    before = [one.number for one in await broker.accounts()]
    await scene.stage.expire()
    with pytest.raises(CredentialsRejected):
        await broker.snapshot(scene.account)
    again = await scene.sign_in_again(scene.stage.renewed())
    assert [one.number for one in await again.accounts()] == before
    await again.snapshot(scene.account)


async def test_whatever_fails_is_an_error_of_a_broker(scene: Scene) -> None:
    broker = await scene.broker()
    await scene.stage.box.inflict("outage")
    with pytest.raises(BrokerError):
        await broker.snapshot(scene.account)
    await scene.stage.box.inflict("restore")
    await broker.snapshot(scene.account)


async def test_when_a_sign_in_will_end_is_told_while_it_lasts(scene: Scene) -> None:
    broker = await scene.broker()
    await broker.accounts()
    assert broker.expires_at is None or broker.expires_at > scene.clock.now()
