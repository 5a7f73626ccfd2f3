"""The brokers as the settings have them: other addresses, longer intervals."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.settings import PREFIX, Intervals, Settings
from brokers.contract import Consent, Credentials, Plugin
from brokers.lines import Endpoints
from domain.account import Environment
from domain.errors import ErrorCode, Problem

log = logging.getLogger(__name__)


def offered(plugins: Mapping[str, Plugin], settings: Settings) -> Mapping[str, Plugin]:
    """Every broker, asked no more often than it says itself."""
    named = {*settings.intervals, *settings.endpoints, *settings.apps}
    for name in sorted(named - set(plugins)):
        # A config.ini may speak of more brokers than there are; a misspelt one is seen here.
        log.warning("settings of a broker that is not here", extra={"broker": name})
    return {
        name: _at_intervals(plugin, settings.intervals[name])
        if name in settings.intervals
        else plugin
        for name, plugin in plugins.items()
    }


def endpoints(plugins: Mapping[str, Plugin], settings: Settings) -> Endpoints:
    """The addresses that are set; Problem if one is of no environment or name that a broker has.

    Those of a broker that is not here are left out.
    """
    return {
        broker: {
            _environment(plugins[broker], name): _known(plugins[broker], name, urls)
            for name, urls in environments.items()
        }
        for broker, environments in settings.endpoints.items()
        if broker in plugins
    }


def apps(plugins: Mapping[str, Plugin], settings: Settings) -> Mapping[str, Credentials]:
    """The keys of applications that are set; Problem if one is of no field that a broker has.

    Those of a broker that is not here are left out.
    """
    held = {broker: keys for broker, keys in settings.apps.items() if broker in plugins}
    for broker, keys in held.items():
        known = _app_fields(plugins[broker])
        for name in keys:
            if name not in known:
                setting = f"{PREFIX}APPS__{broker}__{name}".upper()
                raise _nothing(setting, known)
    return {
        broker: Credentials({name: key.get_secret_value() for name, key in keys.items()})
        for broker, keys in held.items()
    }


def _app_fields(plugin: Plugin) -> list[str]:
    consents = (way for way in plugin.sign_ins if isinstance(way, Consent))
    fields = [field for way in consents for field in way.fields]
    return [field.name for field in (*fields, *(plugin.data_key.fields if plugin.data_key else ()))]


def _at_intervals(plugin: Plugin, longer: Intervals) -> Plugin:
    able = plugin.capabilities
    given = {name: length for name, length in longer if length is not None}
    lengths = {name: max(length, getattr(able, name)) for name, length in given.items()}
    return replace(plugin, capabilities=replace(able, **lengths))


def _environment(plugin: Plugin, name: str) -> Environment:
    for environment in plugin.endpoints:
        if environment.value == name.upper():
            return environment
    raise _unknown(plugin, name, plugin.endpoints)


def _known(plugin: Plugin, environment: str, urls: Mapping[str, str]) -> Mapping[str, str]:
    names = plugin.endpoints[_environment(plugin, environment)]
    for name in urls:
        if name not in names and not name.startswith(tuple(f"{one}_" for one in plugin.several)):
            raise _unknown(plugin, f"{environment}__{name}", names)
    return urls


def _unknown(plugin: Plugin, name: str, known: Iterable[str]) -> Problem:
    return _nothing(f"{PREFIX}ENDPOINTS__{plugin.name}__{name}".upper(), known)


def _nothing(setting: str, known: Iterable[str]) -> Problem:
    choices = ", ".join(known)
    return Problem(ErrorCode.BAD_INPUT, f"{setting} is of nothing that is there: {choices}.")
