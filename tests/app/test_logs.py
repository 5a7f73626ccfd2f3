"""Log lines are JSON and hold no secret, whoever wrote them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.logs import redact

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "bgp_planted-token-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"got {TOKEN} from a client",
        f"Authorization: Bearer {TOKEN}",
        "authorization: bearer planted-other-scheme",
        "GET https://key:planted-in-url@broker.example/v2",
        '{"api_key": "planted-json", "x": 1}',
        "secret=planted-form&x=1",
        "http://127.0.0.1:8000/link#planted-0123456789abcdef0123456789abcdef",
    ],
)
def test_a_secret_is_known_by_its_shape(text: str) -> None:
    line = redact(None, "info", {"event": text, "nested": [{"deep": text}]})
    assert "planted" not in json.dumps(line)


def test_a_secret_is_known_by_its_name() -> None:
    line = redact(None, "info", {"event": "x", "credentials": {"a": "planted"}, "api-key": 1})
    assert "planted" not in json.dumps(line)
    assert line["event"] == "x"


def test_what_is_no_secret_stays() -> None:
    event = {"event": "order filled", "path": "/v2/orders/{id}", "status": 200, "ms": 1.5}
    assert redact(None, "info", dict(event)) == event


def test_lines_of_libraries_are_json_too_and_tracebacks_are_cleaned() -> None:
    program = f"""
import logging
from app.logs import configure_logs
from app.settings import LogFormat, LogLevel
configure_logs(LogLevel.INFO, LogFormat.JSON)
log = logging.getLogger("somebody")
log.info("hello %s", "{TOKEN}", extra={{"request_id": "r1", "token": "planted-extra"}})
log.debug("not wanted")
try:
    raise RuntimeError("Bearer {TOKEN}")
except RuntimeError:
    log.exception("failed")
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    hello, failed = (json.loads(line) for line in ran.stderr.splitlines())
    assert hello["request_id"] == "r1"
    assert hello["level"] == "info"
    assert hello["logger"] == "somebody"
    assert "RuntimeError" in failed["exception"]
    assert "planted" not in ran.stderr
