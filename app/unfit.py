"""What is not fit to serve real accounts by, each as a sentence that says what to do."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from app.addresses import is_private
from app.settings import PREFIX, Settings

_OTHERS = 0o077
_SHORTEST_TOKEN = 16
# What .env may hold that others must not read.
_SECRETS = ("MASTER_KEY", "DATABASE_URL", "OIDC_CLIENT_SECRET", "METRICS_TOKEN", "APPS__")


def unfit(settings: Settings, dot_env: Path = Path(".env")) -> Iterator[str]:
    """Every reason not to start that the settings alone tell."""
    yield from plain_text(settings)
    yield from _addresses(settings)
    yield from _provider(settings)
    yield from _secrets(settings, dot_env)


def _addresses(settings: Settings) -> Iterator[str]:
    if urlsplit(settings.public).path.strip("/"):
        yield (
            f"The server answers at the root of its address: let {PREFIX}PUBLIC_URL have no path, "
            "and a name of its own in the proxy."
        )
    for origin in settings.allowed_origins:
        parts = urlsplit(origin)
        if not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            yield f"{origin!r} in {PREFIX}ALLOWED_ORIGINS is no origin: write https://host[:port]."
        elif not is_private(origin):
            yield (
                f"Pages of {origin} come in plain http, so that whoever changes them on the way "
                f"acts as the user: change it to https in {PREFIX}ALLOWED_ORIGINS."
            )
    if "*" in settings.trusted_proxies:
        yield (
            f"With * in {PREFIX}TRUSTED_PROXIES anybody could claim any address: name the proxy's "
            "own."
        )


def _provider(settings: Settings) -> Iterator[str]:
    if settings.oidc_issuer is None:
        return
    if not is_private(settings.oidc_issuer):
        yield f"Sign-ins must not go in plain http: change {PREFIX}OIDC_ISSUER to https."
    if settings.oidc_client_id is None:
        yield (
            f"{PREFIX}OIDC_ISSUER needs {PREFIX}OIDC_CLIENT_ID: register "
            f"{settings.provider_return} at the provider and set what it calls this server."
        )


def _secrets(settings: Settings, dot_env: Path) -> Iterator[str]:
    token = settings.metrics_token
    if token is not None and len(token.get_secret_value()) < _SHORTEST_TOKEN:
        yield (
            f"{PREFIX}METRICS_TOKEN can be guessed: take one of at least {_SHORTEST_TOKEN} "
            "characters, as `openssl rand -hex 16` makes."
        )
    if dot_env.is_file() and dot_env.stat().st_mode & _OTHERS:
        text = dot_env.read_text(encoding="utf-8", errors="replace").upper()
        held = [name for name in _SECRETS if f"{PREFIX}{name}" in text]
        if held:
            yield f"Others can read {dot_env}, which holds {PREFIX}{held[0]}: chmod 600 {dot_env}"


def plain_text(settings: Settings) -> Iterator[str]:
    """Every address off loopback that would be spoken to without TLS, each as a sentence."""
    if not is_private(settings.public):
        yield (
            f"The public URL {settings.public} is plain http off loopback: set "
            f"{PREFIX}PUBLIC_URL to the https address that browsers use."
        )
    for broker, environments in settings.endpoints.items():
        for environment, urls in environments.items():
            for name, url in urls.items():
                if not is_private(url):
                    setting = f"{PREFIX}ENDPOINTS__{broker}__{environment}__{name}".upper()
                    yield f"A broker must be reached by TLS off loopback: change {setting}."
