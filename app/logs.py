"""Log lines: one JSON object each, with the request they belong to and without secrets."""

import logging
import logging.config
import re
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from app.settings import LogFormat, LogLevel

REDACTED = "[redacted]"

_SECRET_NAME = re.compile(
    r"secret|passw|token|authori[sz]ation|cookie|credential|api.?key|key_id|master.?key|signature",
    re.IGNORECASE,
)
# Our own tokens and links, whatever follows a scheme of authorization, a password within a URL,
# and name=value or "name": "value" where the name is one of a secret.
_SECRET_TEXT = re.compile(
    r"\bbgp_[\w-]+|(?<=bearer )\S+|(?<=basic )\S+|(?<=://)[^/@\s]+(?=@)"
    r"|(?<=#)[\w-]{32,}"
    r"|(?:secret|passw(?:or)?d|token|api[-_]?key|signature)[\"']?\s*[=:]\s*[\"']?[^\s\"'&,}]+",
    re.IGNORECASE,
)


def configure_logs(level: LogLevel, form: LogFormat) -> None:
    """Send everything that any library logs to standard error, in one form."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": _formatter, "form": form}},
            "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["err"], "level": level.value.upper()},
            # Their own lines repeat ours, with the query string in them.
            "loggers": {
                "uvicorn.access": {"handlers": [], "propagate": False},
                "uvicorn.error": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _shared() -> list[structlog.typing.Processor]:
    """What is done to our lines and to those of libraries alike."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(form: LogFormat) -> logging.Formatter:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The same line with everything that looks like a secret taken out, by name and by shape."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return REDACTED
    match value:
        case str():
            return _SECRET_TEXT.sub(REDACTED, value)
        case Mapping():
            return {str(key): _clean(str(key), item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean("", item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return _SECRET_TEXT.sub(REDACTED, str(value))
