"""Every broker that there is has a stage, and none is spared a test without a reason that holds."""

import re
from pathlib import Path

from tests.conformance.scene import Scene

TESTS = {
    name
    for page in Path(__file__).parent.glob("test_*.py")
    for name in re.findall(r"^async def (test_\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
}


async def test_a_stage_has_a_sample_of_everything_that_is_traded(scene: Scene) -> None:
    assert scene.able.trades.keys() <= scene.stage.samples.keys()


async def test_what_a_broker_is_spared_is_a_test_and_has_a_reason(scene: Scene) -> None:
    assert set(scene.stage.exempt) <= TESTS
    assert all(scene.stage.exempt.values())
