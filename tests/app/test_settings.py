"""Where settings come from, and what is refused."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.brokers_offered import endpoints, offered
from app.settings import Settings
from app.unfit import plain_text
from brokers import plugins
from domain.account import Environment
from domain.errors import Problem

MISSION_INI = """\
[DEFAULT]
CONSUMER_KEY = your_etrade_consumer_key
CONSUMER_SECRET = planted%secret
SANDBOX_BASE_URL = https://apisb.etrade.com
PROD_BASE_URL = https://api.etrade.com

[AI_SERVICES]
AUTO_TRADING_ENABLED = true
AI_CONFIDENCE_THRESHOLD = 0.85
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_config_ini_is_read_as_it_is(folder: Path) -> None:
    (folder / "config.ini").write_text(MISSION_INI)
    settings = Settings()
    assert settings.endpoints["etrade"]["sandbox"]["api"] == "https://apisb.etrade.com"
    assert settings.endpoints["etrade"]["live"]["api"] == "https://api.etrade.com"
    assert settings.auto_trading_enabled is True
    assert settings.ai_confidence_threshold == Decimal("0.85")


def test_what_was_never_filled_in_counts_as_unset_and_a_percent_sign_is_itself(
    folder: Path,
) -> None:
    (folder / "config.ini").write_text(MISSION_INI)
    keys = Settings().apps["etrade"]
    assert "consumer_key" not in keys
    assert keys["consumer_secret"].get_secret_value() == "planted%secret"


def test_the_environment_beats_dot_env_which_beats_config_ini(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.ini").write_text(MISSION_INI)
    (folder / ".env").write_text(
        "BROKERGRAPH_AI_CONFIDENCE_THRESHOLD=0.9\nBROKERGRAPH_PORT=1111\n"
        "BROKERGRAPH_ENDPOINTS__ETRADE__LIVE__API=https://from.dot.env\n"
    )
    monkeypatch.setenv("BROKERGRAPH_PORT", "2222")
    settings = Settings()
    assert settings.port == 2222
    assert settings.ai_confidence_threshold == Decimal("0.9")
    assert settings.endpoints["etrade"]["live"]["api"] == "https://from.dot.env"
    assert settings.endpoints["etrade"]["sandbox"]["api"] == "https://apisb.etrade.com"


def test_a_broken_config_ini_is_named_with_its_line_and_without_its_text(folder: Path) -> None:
    (folder / "config.ini").write_text("[DEFAULT]\nA = 1\n[oops planted-secret\n")
    with pytest.raises(ValueError, match=r"config\.ini") as refused:
        Settings()
    assert "planted" not in str(refused.value)


def test_a_file_named_after_a_setting_holds_it_however_deep(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.ini").write_text(MISSION_INI)
    kept = folder / "kept"
    kept.mkdir()
    (kept / "brokergraph_apps__alpaca__client_secret").write_text("planted-in-a-file\n")
    (kept / "brokergraph_metrics_token").write_text("planted-token")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(kept))
    settings = Settings()
    assert settings.apps["alpaca"]["client_secret"].get_secret_value() == "planted-in-a-file"
    assert settings.apps["etrade"]["consumer_secret"].get_secret_value() == "planted%secret"
    assert settings.metrics_token is not None
    assert "planted" not in repr(settings)


def test_secrets_are_in_no_repr_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERGRAPH_MASTER_KEY", "planted-master")
    monkeypatch.setenv("BROKERGRAPH_METRICS_TOKEN", "planted-metrics")
    monkeypatch.setenv("BROKERGRAPH_DATABASE_URL", "postgres://me:planted-password@db/x")
    assert "planted" not in repr(Settings())
    monkeypatch.setenv("BROKERGRAPH_PORT", "planted-port")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "planted" not in str(refused.value)


def test_the_key_may_not_lie_with_the_data_that_it_opens(folder: Path) -> None:
    with pytest.raises(ValidationError, match="outside the data folder"):
        Settings(data_folder=folder / "data", key_file=folder / "data" / "key")


def test_intervals_can_be_made_longer_and_not_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERGRAPH_INTERVALS__ALPACA__SYNC_EVERY", "PT15M")
    monkeypatch.setenv("BROKERGRAPH_INTERVALS__ALPACA__POLL_EVERY", "PT0.01S")
    before = plugins()["alpaca"].capabilities
    after = offered(plugins(), Settings())["alpaca"].capabilities
    assert after.sync_every == timedelta(minutes=15) > before.sync_every
    assert after.poll_every == before.poll_every
    assert after.poll_open_every == before.poll_open_every


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


def test_browsers_on_this_machine_may_use_any_of_its_names() -> None:
    assert Settings(port=8123).origins == {
        "http://127.0.0.1:8123",
        "http://localhost:8123",
        "http://[::1]:8123",
    }
    public = Settings(public_url="https://brokers.example/", allowed_origins=("https://a.example",))
    assert public.origins == {"https://brokers.example", "https://a.example"}


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://api.alpaca.markets", False),
        ("wss://api.alpaca.markets/stream", False),
        ("http://127.0.0.1:9000", False),
        ("ws://localhost:9000", False),
        ("http://[::1]:9000", False),
        ("http://api.alpaca.markets", True),
        ("ws://10.0.0.7", True),
        ("http://127.0.0.1.example", True),
        ("", True),
    ],
)
def test_a_broker_off_loopback_without_tls_is_named(url: str, plain: bool) -> None:  # noqa: FBT001
    settings = Settings(endpoints={"alpaca": {"live": {"trading": url}}})
    assert ["BROKERGRAPH_ENDPOINTS__ALPACA__LIVE__TRADING" in s for s in plain_text(settings)] == [
        True
    ] * plain


def test_a_broker_that_allows_it_has_several_of_an_endpoint_by_name() -> None:
    url = "tcp://127.0.0.1:4011"
    more = Settings(endpoints={"ibkr": {"paper": {"gateway_second": url}}})
    assert endpoints(plugins(), more)["ibkr"][Environment.PAPER]["gateway_second"] == url
    other = Settings(endpoints={"ibkr": {"paper": {"flex_second": url}}})
    with pytest.raises(Problem, match="IBKR__PAPER__FLEX_SECOND"):
        endpoints(plugins(), other)
