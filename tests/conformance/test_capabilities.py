"""Promise 10: what a broker declares it does, what it does not declare is refused."""

import pytest

import sandbox
from brokers import plugins
from domain.capabilities import PreviewBy, Proof, Pushed
from domain.instrument import AssetClass
from tests.conformance.observing import previews, pushes, replaces, sells_short, taken
from tests.conformance.scene import Scene, opened
from tools import observed
from tools.offers import declared, sheet

BROKERS = sorted(plugins())
CLASSES = [(name, one) for name in BROKERS for one in plugins()[name].capabilities.trades]
PUSHES = {Pushed.ORDERS, Pushed.MARKS}


@pytest.mark.parametrize(("name", "asset_class"), CLASSES)
async def test_every_order_that_is_declared_is_taken_and_no_other(
    box: sandbox.Sandbox, name: str, asset_class: AssetClass
) -> None:
    wanted = list(declared(asset_class, plugins()[name].capabilities))
    assert wanted, "what cannot be ordered at all is not traded"
    async with opened(name, box) as scene:
        found = await taken(scene, asset_class)
    surplus = sheet(one for one in found if one not in wanted)
    missing = sheet(one for one in wanted if one not in found)
    assert not surplus, f"taken, and not declared: {surplus}"
    assert not missing, f"declared, and not taken: {missing}"


@pytest.mark.parametrize(("name", "asset_class"), CLASSES)
async def test_what_is_not_held_is_sold_only_where_that_is_declared(
    box: sandbox.Sandbox, name: str, asset_class: AssetClass
) -> None:
    async with opened(name, box) as scene:
        assert await sells_short(scene, asset_class) == scene.able.trades[asset_class].short


@pytest.mark.parametrize("name", BROKERS)
def test_what_is_not_traded_is_refused_before_the_wire(name: str) -> None:
    able = plugins()[name].capabilities
    assert {one for one in AssetClass if list(declared(one, able))} == able.trades.keys()


async def test_an_order_is_previewed_where_that_is_declared(scene: Scene) -> None:
    assert await previews(scene) is scene.able.preview


async def test_a_replacement_does_to_the_id_what_is_declared(scene: Scene) -> None:
    assert await replaces(scene) is scene.able.replacing


async def test_what_is_declared_to_be_pushed_is_and_nothing_else(scene: Scene) -> None:
    assert await pushes(scene) == scene.able.pushes & PUSHES


@pytest.mark.parametrize("name", BROKERS)
def test_each_line_names_its_proof_and_each_page_its_date(name: str) -> None:
    able = plugins()[name].capabilities
    lines = {f"trades.{one}" for one in able.trades} | {f"pushes.{one}" for one in able.pushes}
    lines |= {"replacing", "rate", "find_horizon", "absence_settles"}
    lines |= {"preview"} if able.preview is PreviewBy.BROKER else set()
    assert lines <= able.proof.keys()
    for line, known in able.proof.items():
        assert (known.on is not None) == (known.proof is Proof.VENDOR_DOC), line


@pytest.mark.parametrize("name", BROKERS)
def test_what_was_last_observed_is_what_is_declared(name: str) -> None:
    assert observed.kept()[name] == observed.expected(plugins()[name].capabilities)
