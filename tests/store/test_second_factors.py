"""Authenticator apps and recovery codes: each code once, guessing slowed, the secret sealed."""

from datetime import timedelta

import pyotp
import pytest

from domain.errors import ErrorCode, Problem
from store.keyring import Keyring
from store.second_factors import sealed_as
from tests.store.house import USER, House


def code(house: House, secret: str, seconds: float = 0) -> str:
    """What the app shows so many seconds from now."""
    return pyotp.TOTP(secret).at(house.clock.now() + timedelta(seconds=seconds))


async def enrolled(house: House) -> tuple[str, tuple[str, ...]]:
    """The secret and the recovery codes of a user whose app is confirmed, a while later."""
    secret = await house.second_factors.enrol(USER)
    codes = await house.second_factors.confirm(USER, code(house, secret))
    await house.clock.advance(120)
    return secret, codes


async def refused(house: House, typed: str) -> ErrorCode:
    with pytest.raises(Problem) as caught:
        await house.second_factors.prove(USER, typed)
    return caught.value.code


async def test_it_counts_once_a_code_has_confirmed_it(house: House) -> None:
    secret = await house.second_factors.enrol(USER)
    assert not await house.second_factors.required(USER)
    assert await refused(house, code(house, secret)) is ErrorCode.CONFLICT
    with pytest.raises(Problem):
        await house.second_factors.confirm(USER, "000000")
    assert not await house.second_factors.required(USER)
    codes = await house.second_factors.confirm(USER, code(house, secret))
    assert await house.second_factors.required(USER)
    assert len(set(codes)) == 10
    with pytest.raises(Problem, match="disable it first"):
        await house.second_factors.enrol(USER)


@pytest.mark.parametrize(("seconds", "taken"), [(-60, False), (-30, True), (30, True), (60, False)])
async def test_a_clock_may_be_off_by_one_step(house: House, seconds: int, *, taken: bool) -> None:
    secret, _ = await enrolled(house)
    typed = code(house, secret, seconds)
    if taken:
        await house.second_factors.prove(USER, typed)
    else:
        assert await refused(house, typed) is ErrorCode.SECOND_FACTOR_REQUIRED


async def test_no_code_is_taken_twice_nor_one_before_it(house: House) -> None:
    secret, _ = await enrolled(house)
    await house.second_factors.prove(USER, code(house, secret))
    assert await refused(house, code(house, secret)) is ErrorCode.SECOND_FACTOR_REQUIRED
    assert await refused(house, code(house, secret, -30)) is ErrorCode.SECOND_FACTOR_REQUIRED
    await house.second_factors.prove(USER, code(house, secret, 30))


async def test_the_code_that_confirmed_it_is_used_up(house: House) -> None:
    secret = await house.second_factors.enrol(USER)
    await house.second_factors.confirm(USER, code(house, secret))
    assert await refused(house, code(house, secret)) is ErrorCode.SECOND_FACTOR_REQUIRED


async def test_a_recovery_code_works_once_however_it_is_typed(house: House) -> None:
    _, codes = await enrolled(house)
    await house.second_factors.prove(USER, codes[0].upper().replace("-", " "))
    assert await refused(house, codes[0]) is ErrorCode.SECOND_FACTOR_REQUIRED
    factor = await house.second_factors.of(USER)
    assert factor is not None
    assert factor.recovery_codes == 9
    anew = await house.second_factors.replace_codes(USER)
    assert await refused(house, codes[1]) is ErrorCode.SECOND_FACTOR_REQUIRED
    await house.second_factors.prove(USER, anew[0])


async def test_guessing_is_slowed_and_a_recovery_code_passes_all_the_same(house: House) -> None:
    secret, codes = await enrolled(house)
    for _ in range(5):
        assert await refused(house, "000000") is ErrorCode.SECOND_FACTOR_REQUIRED
    assert await refused(house, code(house, secret)) is ErrorCode.TOO_MANY_REQUESTS
    await house.second_factors.prove(USER, codes[0])
    await house.clock.advance(31)
    assert await refused(house, "000000") is ErrorCode.SECOND_FACTOR_REQUIRED
    await house.clock.advance(31)
    assert await refused(house, code(house, secret)) is ErrorCode.TOO_MANY_REQUESTS
    await house.clock.advance(31)
    await house.second_factors.prove(USER, code(house, secret))
    assert await refused(house, "000000") is ErrorCode.SECOND_FACTOR_REQUIRED


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "\ud800", "x" * 2000])
async def test_nonsense_is_a_wrong_code(house: House, typed: str) -> None:
    await enrolled(house)
    assert await refused(house, typed) is ErrorCode.SECOND_FACTOR_REQUIRED


async def test_what_is_removed_asks_for_nothing_and_can_be_enrolled_anew(house: House) -> None:
    secret, codes = await enrolled(house)
    await house.second_factors.remove(USER)
    assert await house.second_factors.of(USER) is None
    assert await refused(house, codes[0]) is ErrorCode.CONFLICT
    assert await house.second_factors.enrol(USER) != secret


async def test_the_secret_is_sealed_and_keys_rotate_for_it(house: House) -> None:
    secret, codes = await enrolled(house)
    rows = await house.db.client.execute_query_dict("SELECT * FROM credential")
    (row,) = rows
    assert row["connection_id"] == sealed_as(USER)
    assert secret.encode() not in bytes(row["sealed"])
    rows = await house.db.client.execute_query_dict("SELECT * FROM recovery_code")
    assert not {code.replace("-", "") for code in codes} & {row["digest"] for row in rows}
    assert isinstance(house.vault.keyring, Keyring)
    assert await house.vault.unopened() == ()
