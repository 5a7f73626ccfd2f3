"""Every setting, from the environment over .env over config.ini: the only place that reads them."""

import os
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.addresses import is_loopback
from app.config_ini import read_config_ini

PREFIX = "BROKERGRAPH_"

CALLBACK_PATH = "/connect/callback"
PROVIDER_RETURN = "/sign-in/provider/return"

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Endpoints = dict[str, dict[str, dict[str, str]]]


class LogFormat(StrEnum):
    """How log lines are written."""

    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Intervals(BaseModel):
    """How often one broker is asked; what is not given is as the broker's capabilities say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    poll_open_every: timedelta | None = None
    poll_every: timedelta | None = None
    sync_every: timedelta | None = None


class Settings(BaseSettings):
    """All settings; the descriptions are the table in docs/operations.md."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_folder: Path = Field(
        default=Path("data/main"), description="Folder of the SQLite database and its lock file."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="`sqlite:///absolute/path` or `postgres://user:password@host/name`; "
        "by default a SQLite file in the data folder.",
    )
    bus_url: SecretStr = Field(
        default=SecretStr("memory://"),
        description="Doorbell between processes: `memory://` for one process, `redis://host`.",
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="Keys that seal credentials, first is primary; instead of a key file.",
    )
    key_file: Path | None = Field(
        default=None,
        description="File of those keys, mode 0600, outside the data folder so that a copy of the "
        "data opens nothing; by default the data folder's name with `.key`.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    public_url: str | None = Field(
        default=None,
        description="Where browsers reach the server; https unless on loopback. "
        "By default http, the host and the port.",
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(),
        description="Further origins whose pages may use a signed-in browser, as a JSON list.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses of proxies whose X-Forwarded-For and -Proto are believed, "
        "as a JSON list.",
    )
    session_length: timedelta = Field(
        default=timedelta(days=14),
        gt=timedelta(0),
        le=timedelta(days=365),
        description="How long a browser stays signed in, at most a year.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="An OpenID Connect provider by which people may sign in, by its issuer; "
        f"register the public URL followed by {PROVIDER_RETURN} there.",
    )
    oidc_client_id: str | None = Field(
        default=None, description="What that provider knows this server by."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="The secret that goes with it, if the provider gave one."
    )
    oidc_create_users: bool = Field(
        default=False,
        description="Whether whoever the provider lets in, and nobody here is linked to, becomes "
        "a new user.",
    )
    sockets_per_user: int = Field(
        default=50, ge=1, description="Open GraphQL sockets of one user; more are turned away."
    )
    drain_over: timedelta = Field(
        default=timedelta(seconds=5),
        description="Time over which sockets are closed at shutdown, so that clients do not all "
        "come back at once.",
    )
    explorer: bool = Field(default=True, description="Whether a browser gets the API explorer.")
    projection: bool = Field(
        default=True,
        description="Whether answers and events are projected; off, every field of them is "
        "executed: slower, with the same results.",
    )
    endpoints: Endpoints = Field(
        default_factory=dict,
        description="Base URLs in place of a broker's own, by broker, environment and name: "
        f"`{PREFIX}ENDPOINTS__ALPACA__PAPER__TRADING=https://...`.",
    )
    intervals: dict[str, Intervals] = Field(
        default_factory=dict,
        description="Longer intervals than a broker's own, by broker and name "
        "(POLL_OPEN_EVERY, POLL_EVERY, SYNC_EVERY): "
        f"`{PREFIX}INTERVALS__ALPACA__SYNC_EVERY=PT15M`.",
    )
    apps: dict[str, dict[str, SecretStr]] = Field(
        default_factory=dict,
        description="Keys of applications registered at a broker, by broker and field, so that "
        f"nobody is asked for them: `{PREFIX}APPS__ALPACA__CLIENT_ID=...`; "
        "from config.ini: CONSUMER_KEY, CONSUMER_SECRET (of E*TRADE).",
    )
    feeds: bool = Field(
        default=True,
        description="Whether this process keeps connections current; off for one that only "
        "answers clients.",
    )
    lease_seconds: float = Field(
        default=15,
        ge=1,
        description="How long another process waits, on PostgreSQL, before it runs the "
        "connections of one that has died.",
    )
    live_trading: bool = Field(
        default=False,
        description="Whether a connection to real money may be given permission to trade.",
    )
    auto_trading_enabled: bool = Field(
        default=False,
        description="From config.ini: AUTO_TRADING_ENABLED. Nothing trades by itself yet.",
    )
    ai_confidence_threshold: Decimal = Field(
        default=Decimal("0.7"),
        ge=0,
        le=1,
        description="From config.ini: AI_CONFIDENCE_THRESHOLD. Nothing trades by itself yet.",
    )
    ecb_rates: Path | None = Field(
        default=None,
        description="The European Central Bank's daily file (eurofxref-daily.xml), kept current by "
        "you; for currencies that no broker tells a rate of. Read whenever it changes.",
    )
    dollar_coins: frozenset[str] = Field(
        default=frozenset(),
        description="Coins that you take for a dollar each, as a JSON list: "
        f'`{PREFIX}DOLLAR_COINS=["USDC"]`. By default none is.',
    )
    retention_days: int = Field(
        default=30, ge=1, description="Days for which a client can resume by its cursor."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Bearer token for /metrics; without one only loopback may read it.",
    )
    log_level: LogLevel = Field(
        default=LogLevel.INFO, description="Least severe level that is logged."
    )
    log_format: LogFormat = Field(
        default=LogFormat.JSON, description="One JSON object a line, or text."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over the environment over files of secrets over .env over config.ini."""
        files = NestedSecretsSettingsSource(file_secret_settings, secrets_dir=_secret_folders())
        return init_settings, env_settings, files, dotenv_settings, _ConfigIni(settings_cls)

    @model_validator(mode="after")
    def _key_apart_from_data(self) -> Self:
        if self.key_path.resolve().is_relative_to(self.data_folder.resolve()):
            raise ValueError("the key file must be outside the data folder, or a copy opens itself")
        return self

    @property
    def key_path(self) -> Path:
        """Where the key file is."""
        return self.key_file or self.data_folder.with_name(self.data_folder.name + ".key")

    @property
    def database(self) -> str:
        """The database's URL, which may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite://{(self.data_folder / 'brokergraph.sqlite3').resolve()}"

    @property
    def public(self) -> str:
        """Where browsers reach the server, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def callback(self) -> str:
        """Where brokers' pages send people back to; to be registered there, to the letter."""
        return f"{self.public}{CALLBACK_PATH}"

    @property
    def provider_return(self) -> str:
        """Where the provider of sign-ins sends people back to."""
        return f"{self.public}{PROVIDER_RETURN}"

    @property
    def https(self) -> bool:
        """Whether browsers come over TLS, so that cookies may be Secure."""
        return urlsplit(self.public).scheme == "https"

    @property
    def cookie(self) -> str:
        """The name of the browser's cookie; over TLS one that no neighbour can set."""
        return "__Host-brokergraph" if self.https else "brokergraph"

    @property
    def origins(self) -> frozenset[str]:
        """Every origin whose pages may use a signed-in browser; loopback goes by three names."""
        url = urlsplit(self.public)
        port = f":{url.port}" if url.port else ""
        names = _LOOPBACK if is_loopback(url.hostname or "") else (url.netloc.removesuffix(port),)
        return frozenset({*(f"{url.scheme}://{n}{port}" for n in names), *self.allowed_origins})


def _secret_folders() -> list[Path]:
    """Where a container engine and systemd put secrets, each a file named after its setting."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    folders = [Path("/run/secrets"), *([Path(given)] if given else [])]
    return [folder for folder in folders if folder.is_dir()]


class _ConfigIni(PydanticBaseSettingsSource):
    """config.ini in the working folder."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        return read_config_ini(Path("config.ini"))
