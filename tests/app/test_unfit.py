"""What `serve` refuses to start with: each is a sentence that says what to do."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.unfit import unfit
from tests.app.process import ran, with_key, with_user

PUBLIC = "https://brokers.example"

UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"public_url": "http://brokers.example"}, "set BROKERGRAPH_PUBLIC_URL to the https address"),
    ({"public_url": f"{PUBLIC}/graph"}, "let BROKERGRAPH_PUBLIC_URL have no path"),
    ({"allowed_origins": ["http://app.example"]}, "change it to https"),
    ({"allowed_origins": ["*"]}, "write https://host[:port]"),
    ({"allowed_origins": ["https://app.example/"]}, "write https://host[:port]"),
    ({"trusted_proxies": ["*"]}, "name the proxy's own"),
    ({"oidc_issuer": "http://id.example", "oidc_client_id": "x"}, "change BROKERGRAPH_OIDC_ISSUER"),
    ({"oidc_issuer": "https://id.example"}, "register https://brokers.example/sign-in/provider"),
    ({"metrics_token": "short"}, "take one of at least 16 characters"),
    ({"endpoints": {"alpaca": {"paper": {"trading": "http://x.example"}}}}, "by TLS off loopback"),
]


@pytest.mark.parametrize(("given", "sentence"), UNFIT, ids=lambda each: str(each)[:40])
def test_each_is_told_with_what_to_do(given: dict[str, Any], sentence: str) -> None:
    told = list(unfit(Settings(**{"public_url": PUBLIC, **given}), Path("nothing")))
    assert len(told) == 1
    assert sentence in told[0]


def test_what_is_fit_is_let_be(tmp_path: Path) -> None:
    fit = Settings(
        public_url=PUBLIC,
        allowed_origins=("https://app.example", "http://localhost:5173"),
        trusted_proxies=("127.0.0.1",),
        oidc_issuer="https://id.example",
        oidc_client_id="x",
    )
    assert list(unfit(fit, tmp_path / ".env")) == []


async def test_a_file_of_settings_that_others_can_read_is_told_if_it_holds_a_secret(
    tmp_path: Path,
) -> None:
    with_key(tmp_path)
    (tmp_path / ".env").write_text("brokergraph_oidc_client_secret=planted-secret\n")
    (tmp_path / ".env").chmod(0o644)
    refused = await ran(tmp_path, "serve")
    assert refused.process.returncode == 1
    assert "chmod 600 .env" in refused.err[0]
    assert "planted" not in refused.err[0]
    (tmp_path / ".env").chmod(0o600)
    assert list(unfit(Settings(), tmp_path / ".env")) == []


async def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with_key(tmp_path).chmod(0o644)
    refused = await ran(tmp_path, "serve")
    assert refused.process.returncode == 1
    assert "chmod 600" in refused.err[0]


async def test_data_of_a_newer_version_is_neither_served_nor_restored(tmp_path: Path) -> None:
    await with_user(tmp_path, "ann")
    database = tmp_path / "data" / "main" / "brokergraph.sqlite3"
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) "
            "VALUES ('store', '9999_tomorrow', '2026-01-01')"
        )
    refused = await ran(tmp_path, "serve")
    assert refused.process.returncode == 1
    assert "whose 9999_tomorrow is not known here: install that version" in refused.err[0]
    assert (await ran(tmp_path, "backup", "copy")).process.returncode == 0
    database.parent.rename(tmp_path / "moved")
    refused = await ran(tmp_path, "restore", "copy")
    assert refused.process.returncode == 1
    assert "is of a newer version" in refused.err[0]
    assert not database.exists()


@pytest.mark.parametrize("length", ["PT0S", "P400D"])
async def test_a_sign_in_lasts_neither_no_time_nor_for_ever(tmp_path: Path, length: str) -> None:
    with_key(tmp_path)
    refused = await ran(tmp_path, "serve", SESSION_LENGTH=length)
    assert refused.process.returncode == 1
    assert "BROKERGRAPH_SESSION_LENGTH" in refused.err[0]
