"""The commands, each as a real process on a database of its own."""

import re
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from tests.app.process import ran, serving, with_key, with_user


async def test_a_key_is_made_once_for_its_owner_alone_and_apart_from_the_data(
    tmp_path: Path,
) -> None:
    made = await ran(tmp_path, "keys", "init")
    assert made.process.returncode == 0
    key = tmp_path / "data" / "main.key"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    again = await ran(tmp_path, "keys", "init")
    assert again.process.returncode == 1
    assert "is there already" in again.err[0]
    assert key.read_bytes() == before
    assert before.decode().strip() not in "".join([*made.out, *made.err])


async def test_nothing_works_without_a_master_key_and_it_says_how_to_make_one(
    tmp_path: Path,
) -> None:
    refused = await ran(tmp_path, "user", "list")
    assert refused.process.returncode == 1
    assert "brokergraph keys init" in refused.err[0]
    assert "Traceback" not in "".join(refused.err)


async def test_people_are_made_listed_and_kept_out(tmp_path: Path) -> None:
    with_key(tmp_path)
    made = await ran(tmp_path, "user", "create", "ann", "--admin")
    assert made.process.returncode == 0, made.err
    twice = await ran(tmp_path, "user", "create", "ann")
    assert twice.process.returncode == 1
    assert "Traceback" not in "".join(twice.err)
    await ran(tmp_path, "user", "disable", "ann")
    listed = await ran(tmp_path, "user", "list")
    assert listed.out[0].split("\t") == ["ann", "admin", "disabled"]


async def test_a_password_may_be_piped_in_and_has_to_be_a_good_one(tmp_path: Path) -> None:
    with_key(tmp_path)
    made = await ran(tmp_path, "user", "create", "ann", "--password", typed="long enough\n")
    assert made.process.returncode == 0, made.err
    changed = await ran(tmp_path, "user", "password", "ann", typed="short\n")
    assert changed.process.returncode == 1
    assert "a password has" in changed.err[0]


async def test_a_link_keeps_its_secret_behind_the_hash(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann")
    shown = await ran(tmp_path, "user", "link", "ann", PORT="8123")
    assert re.fullmatch(r"http://127\.0\.0\.1:8123/link#[\w-]{40,}", shown.out[0])


async def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann")
    issued = await ran(tmp_path, "token", "issue", "ann", "--scope", "read", "--label", "script")
    secret = issued.out[0]
    assert secret.startswith("bgp_")
    listed = await ran(tmp_path, "token", "list", "ann")
    token, label, scopes, _until = listed.out[0].split("\t")
    assert (label, scopes) == ("script", "read")
    assert secret not in "".join(listed.out)
    revoked = await ran(tmp_path, "token", "revoke", "ann", token)
    assert revoked.process.returncode == 0, revoked.err
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()


async def test_keys_are_rotated_and_the_audit_still_verifies(tmp_path: Path) -> None:
    with_key(tmp_path)
    await ran(tmp_path, "user", "create", "ann")
    key = tmp_path / "data" / "main.key"
    before = key.read_text()
    rotated = await ran(tmp_path, "keys", "rotate")
    assert rotated.process.returncode == 0, rotated.err
    assert key.read_text() != before
    assert key.stat().st_mode & 0o777 == 0o600
    await ran(tmp_path, "token", "issue", "ann")
    verified = await ran(tmp_path, "audit", "verify")
    assert verified.process.returncode == 0, verified.err
    assert verified.out[0] == "ann\twhole"
    with closing(connect(tmp_path / "data" / "main" / "brokergraph.sqlite3")) as database:
        database.execute("UPDATE audit SET value = replace(value, 'create', 'CREATE')")
        database.commit()
    forged = await ran(tmp_path, "audit", "verify", "ann")
    assert forged.process.returncode == 1
    assert forged.out[0].startswith("ann\trow 1: ")


async def test_a_cut_tail_is_found_by_a_head_from_the_log(tmp_path: Path) -> None:
    with_key(tmp_path)
    await ran(tmp_path, "user", "create", "ann")
    async with serving(tmp_path) as (_, child):
        head = await child.logged("audit head")
    logged = f"{head['sequence']}:{head['hash']}"
    whole = await ran(tmp_path, "audit", "verify", "ann", "--logged", logged)
    assert whole.out[0] == "ann\twhole"
    with closing(connect(tmp_path / "data" / "main" / "brokergraph.sqlite3")) as database:
        database.execute("DELETE FROM audit")
        database.execute("UPDATE stream SET audit_sequence = 0, audit_head = ''")
        database.commit()
    cut = await ran(tmp_path, "audit", "verify", "ann", "--logged", logged)
    assert cut.process.returncode == 1
    assert "missing" in cut.out[0]
    for nonsense in ("x", "1", "x:y"):
        refused = await ran(tmp_path, "audit", "verify", "ann", "--logged", nonsense)
        assert "SEQUENCE:HASH" in refused.err[0]


async def test_migrating_twice_does_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        migrated = await ran(tmp_path, "migrate")
        assert migrated.process.returncode == 0, migrated.err


async def test_the_schema_is_printed(tmp_path: Path) -> None:
    printed = await ran(tmp_path, "schema")
    assert "type Query {" in printed.out


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "planted"}, "BROKERGRAPH_PORT: "),
        ({"KEY_FILE": "data/main/key"}, "outside the data folder"),
        ({"MASTER_KEY": "planted"}, "key"),
        ({"DATABASE_URL": "mysql://planted"}, "sqlite:///path"),
        ({"DATABASE_URL": "postgres://planted@127.0.0.1:1/x"}, "does not answer"),
        ({"INTERVALS__ALPACA__NOTHING": "PT1S"}, "BROKERGRAPH_INTERVALS__ALPACA__NOTHING"),
    ],
)
async def test_a_wrong_setting_is_a_sentence_without_its_value(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    if "KEY_FILE" not in settings:
        with_key(tmp_path)
    refused = await ran(tmp_path, "user", "list", **settings)
    text = "\n".join(refused.err)
    assert refused.process.returncode == 1
    assert sentence in text
    assert "planted" not in text
    assert "Traceback" not in text
