"""The audit chain: whole, tampered with, cut off, sealed."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.audit import AuditEntry
from domain.errors import ErrorCode
from domain.ids import ConnectionId, UserId
from store.audit import Audit, AuditHead
from store.keyring import Keyring
from store.models import AuditLine, AuditSeal, Stream
from tests.clock import START
from tests.store.house import KEY, USER, House, opened

OTHER_KEY = base64.b64encode(b"another-key-another-key-another!").decode()


def entry(index: int = 0, connection: str = "c1") -> AuditEntry:
    """A call of a broker."""
    return AuditEntry(
        at=START + timedelta(seconds=index),
        actor="feed",
        action="snapshot",
        outcome="OK",
        connection=ConnectionId(connection),
        method="GET",
        path="/v2/orders/{id}",
        purpose="READ",
        status=200,
        code=ErrorCode.RATE_LIMITED,
        request_id=f"r{index}",
        duration_ms=12,
        correlation_id="x",
        detail={"count": str(index)},
    )


async def filled(house: House, many: int = 6, user: UserId = USER) -> AuditHead:
    """So many entries; the head after them."""
    await asyncio.gather(*(house.audit.append(user, entry(index)) for index in range(many)))
    return (await house.audit.heads())[user]


async def test_a_chain_that_nobody_touched_is_whole(house: House) -> None:
    assert (await house.audit.verify(USER)).ok
    head = await filled(house)
    await filled(house, 2, UserId("eve"))
    assert head.sequence == 6
    assert (await house.audit.verify(USER, logged=head)).ok
    page = await house.reads.audit(USER, first=2)
    assert [row.sequence for row in page.items] == [6, 5]
    assert page.items[0].hash == head.hash
    assert page.items[0].entry == entry(5)


@pytest.mark.parametrize("column", ["value", "hash"])
async def test_every_flipped_byte_is_found_at_its_row(house: House, column: str) -> None:
    await filled(house)
    line = await AuditLine.get(user_id=USER, sequence=4)
    whole = getattr(line, column)
    for index in range(0, len(whole), 7):
        flipped = whole[:index] + chr(ord(whole[index]) ^ 1) + whole[index + 1 :]
        await AuditLine.filter(id=line.id).update(**{column: flipped})
        verdict = await house.audit.verify(USER)
        assert (verdict.ok, verdict.row) == (False, 4)
    await AuditLine.filter(id=line.id).update(**{column: whole})
    assert (await house.audit.verify(USER)).ok


async def test_a_column_that_belies_its_value_is_found(house: House) -> None:
    await filled(house)
    await AuditLine.filter(sequence=3).update(connection_id="another")
    assert (await house.audit.verify(USER)).row == 3
    await AuditLine.filter(sequence=3).update(connection_id="c1")
    await AuditLine.filter(sequence=2).update(at=START - timedelta(days=1))
    assert (await house.audit.verify(USER)).row == 2


async def test_a_row_that_was_taken_out_or_moved_to_another_user_is_found(house: House) -> None:
    await filled(house)
    eve = UserId("eve")
    await filled(house, 2, eve)
    await AuditLine.filter(user_id=eve, sequence=2).delete()
    await AuditLine.filter(user_id=USER, sequence=2).update(user_id=eve)
    assert (await house.audit.verify(USER)).row == 2
    assert (await house.audit.verify(eve)).row == 2


async def test_a_tail_that_was_cut_is_found_by_the_stream_and_by_the_logged_head(
    house: House,
) -> None:
    head = await filled(house)
    await AuditLine.filter(sequence__gt=4).delete()
    assert (await house.audit.verify(USER)).row == 5
    # Whoever cuts the tail may also turn the stream back: only the log still knows.
    fourth = await AuditLine.get(sequence=4)
    await Stream.filter(user_id=USER).update(audit_sequence=4, audit_head=fourth.hash)
    assert (await house.audit.verify(USER)).ok
    assert (await house.audit.verify(USER, logged=head)).row == 5
    # Or write other lines in their place.
    await filled(house, 2)
    verdict = await house.audit.verify(USER, logged=head)
    assert (verdict.ok, verdict.row) == (False, 6)


async def test_a_forger_without_the_key_is_found(house: House) -> None:
    await filled(house, 2)
    forger = Keyring.parse(OTHER_KEY)
    async with opened(house.db, keyring=forger) as forged:
        await forged.audit.append(USER, entry(9))
    assert (await house.audit.verify(USER)).row == 3


async def test_a_chain_outlives_its_key(house: House) -> None:
    await filled(house, 2)
    rotated = Keyring.parse(f"{OTHER_KEY} {KEY}")
    async with opened(house.db, keyring=rotated) as later:
        await later.audit.append(USER, entry(3))
        assert (await later.audit.verify(USER)).ok
    assert (await Audit(house.writer, rotated).verify(USER)).ok


async def test_a_sealed_chain_keeps_its_head_and_verifies(house: House) -> None:
    head = await filled(house)
    assert await house.audit.seal(START + timedelta(seconds=4)) == 4
    assert [line.sequence for line in await AuditLine.all().order_by("sequence")] == [5, 6]
    assert (await house.audit.verify(USER, logged=head)).ok
    await house.audit.append(USER, entry(7))
    assert (await house.audit.verify(USER, logged=head)).ok
    assert await house.audit.seal(START + timedelta(days=1)) == 3
    assert (await house.audit.verify(USER)).ok
    await house.audit.append(USER, entry(8))
    assert (await house.audit.verify(USER)).ok
    seal = await AuditSeal.get(user_id=USER)
    await AuditSeal.filter(user_id=USER).update(sequence=seal.sequence - 1)
    assert not (await house.audit.verify(USER)).ok


async def test_a_part_that_was_cut_from_the_front_is_not_a_seal(house: House) -> None:
    await filled(house)
    await AuditLine.filter(sequence__lte=2).delete()
    assert (await house.audit.verify(USER)).row == 1


def test_a_detail_takes_words_only() -> None:
    assert replace(entry(), detail={"a": "b"}).detail == {"a": "b"}
