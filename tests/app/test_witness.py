"""The witness as a child of ours: its verdict is shown, and however it fails it harms nothing."""

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.clock import RealClock
from app.commands.witness import Witnessing
from app.witness import python_of, script_of
from domain.errors import Problem
from domain.ids import ConnectionId
from tests.app.process import ran
from tests.app.witness_scene import Scene, alpaca_urls, at_alpaca

HUNG = "import time; print('{', flush=True); time.sleep(600)"
CRASHING = "import os; os.abort()"
GARBAGE = "print('<html>\\x1b[31m')"
HALF = 'print(\'{"accounts": [], "balances": [], "positions": []}\')'
FLOOD = "while True: print('x' * 100_000)"
CHILD = """
import hashlib, json, pathlib, sys
asked = json.load(sys.stdin)
around = [pathlib.Path(f"/proc/self/{name}").read_bytes() for name in ("cmdline", "environ")]
proof = hashlib.sha256(asked["credentials"]["secret"].encode()).hexdigest()
told = {"proof": proof, "around": [part.decode() for part in around]}
pathlib.Path(__file__).with_name("told.json").write_text(json.dumps(told))
sys.exit("ended here, and not a word of " + asked["credentials"]["secret"])
"""


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with at_alpaca(tmp_path) as made:
        yield made


def script(folder: Path, text: str) -> Path:
    """A stand-in."""
    path = folder / "stand_in.py"
    path.write_text(text)
    return path


async def test_the_command_says_verified_with_the_date(tmp_path: Path, scene: Scene) -> None:
    urls = alpaca_urls(scene.box)
    settings = {f"ENDPOINTS__ALPACA__PAPER__{name.upper()}": url for name, url in urls.items()}
    said = await ran(tmp_path, "witness", scene.connection.id, **settings)
    assert said.process.returncode == 0, said.err
    assert said.out[0].startswith(f"Verified on {RealClock().now():%Y-%m-%d}: ")
    scene.box.faults.add("alter", path="/v2/positions", set={"qty": "1234.5"}, count=1)
    unlike = await ran(tmp_path, "witness", scene.connection.id, **settings)
    assert unlike.process.returncode == 1
    assert "EQUITY AAPL: quantity is 1234.5 here" in "".join(unlike.out)
    assert "Not verified; differences: " in "".join(unlike.out)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HUNG, "did not answer within 1 seconds and was stopped"),
        (CRASHING, "ended with status -6"),
        (GARBAGE, "said what cannot be read"),
        (HALF, "said what cannot be read"),
        (FLOOD, "printed more than"),
    ],
)
async def test_a_witness_that_fails_is_told_and_harms_nothing(
    tmp_path: Path, scene: Scene, text: str, sentence: str
) -> None:
    stand_in = script(tmp_path, text)
    longest = 1.0 if text == HUNG else 30.0
    with pytest.raises(Problem, match=sentence) as refused:
        await scene.witnessing(stand_in, longest).run(scene.connection.id)
    assert refused.value.message.isprintable()
    assert await scene.audited() == ("FAILED", {"reason": refused.value.message})
    assert running(stand_in) == []
    verdict = await scene.witnessing().run(scene.connection.id)
    assert verdict.differences == ()


def running(stand_in: Path) -> list[str]:
    """The processes that run it still."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(stand_in) in line:
            found.append(line)
    return found


async def test_the_credential_goes_over_standard_input_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "planted-7c1f-secret"
    async with at_alpaca(tmp_path, "PKPLANTED", secret) as scene:
        assert (await scene.witnessing().run(scene.connection.id)).differences == ()
        stand_in = script(tmp_path, CHILD)
        with pytest.raises(Problem, match="ended with status 1"):
            await scene.witnessing(stand_in).run(scene.connection.id)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["proof"] == hashlib.sha256(secret.encode()).hexdigest()
    assert str(stand_in) in told["around"][0]
    assert secret not in "".join(told["around"])
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())
    assert holding(tmp_path, secret) == []


def holding(folder: Path, secret: str) -> list[Path]:
    """The files with this in them."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if secret.encode() in path.read_bytes()]


async def test_what_cannot_be_asked_is_a_sentence(scene: Scene) -> None:
    with pytest.raises(Problem, match="no such connection"):
        await scene.witnessing().run(ConnectionId("nobody's"))
    with pytest.raises(Problem, match="There is no witness for nobroker"):
        script_of("nobroker")
    with pytest.raises(Problem, match="could not be made from locks/witness-nobroker"):
        await python_of("nobroker")
    plain = scene.settings.model_copy(
        update={"endpoints": {"alpaca": {"paper": {"trading": "http://192.0.2.1"}}}}
    )
    with pytest.raises(Problem, match="by TLS off loopback"):
        await Witnessing(scene.stores, plain).run(scene.connection.id)
