"""The docs name only what there is, and everything that has to be in them is."""

import tomllib
from pathlib import Path

import pytest

from tools import docs, tables
from tools.tree import ROOT, files


@pytest.mark.parametrize("page", files("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_true_and_its_generated_parts_are_fresh(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert docs.generated(text) == text
    assert list(docs.untrue(text, page.parent)) == []


def test_nothing_is_left_out() -> None:
    assert list(docs.left_out()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[here](nowhere.md)", "no nowhere.md to link to"),
        ("`app/nowhere.py`", "no file app/nowhere.py"),
        ("`nowhere.toml`", "no file nowhere.toml"),
        ("`make nothing`", "no verb: make nothing"),
        ("`python -m tools.nothing`", "no module tools.nothing"),
        ("```sh\n./brokergraph user vanish ann\n```", "no command: brokergraph user vanish ann"),
        ("`tests/test_docs.py::test_no`", "no test tests/test_docs.py::test_no"),
        ("BROKERGRAPH_NOTHING", "no setting BROKERGRAPH_NOTHING"),
    ],
)
def test_what_is_not_there_is_found(text: str, problem: str) -> None:
    assert list(docs.untrue(text, ROOT)) == [problem]


def test_what_is_there_is_not_complained_of() -> None:
    text = (
        "`tests/test_docs.py::test_nothing_is_left_out`, "
        "`app/cli.py`, `app/`, `locks/*.txt`, `data/main`, `make run`, `python -m tools.lint`, "
        "`./brokergraph user create ann`, BROKERGRAPH_ENDPOINTS__X__Y, `https://a.example/b`, "
        "`BTC/USD`, [this](README.md), `/healthz`, `python -m venv x`"
    )
    assert list(docs.untrue(text, ROOT)) == []


def test_every_setting_is_described_and_in_the_table() -> None:
    rows = tables.settings().splitlines()[2:]
    assert all(row.rstrip(" |").count("|") == 3 for row in rows)
    assert len(rows) > 20


def test_a_stale_part_is_found() -> None:
    text = "<!-- generated: settings -->\nold\n<!-- end -->"
    assert docs.generated(text) != text
    assert docs.generated(docs.generated(text)) == docs.generated(text)


def test_every_dependency_has_its_reason() -> None:

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [need for needs in project["optional-dependencies"].values() for need in needs]
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    names = {_name(need) for need in [*project["dependencies"], *extras]}
    assert {name for name in names if name not in reasons} == set()


def _name(requirement: str) -> str:
    return requirement.replace("[", " ").replace(">", " ").replace("=", " ").split()[0]
