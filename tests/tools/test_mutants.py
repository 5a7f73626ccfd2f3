"""The page of mutants lists what survives now, and keeps the reasons that it gave."""

import ast
from pathlib import Path

from tools.mutants import MUTATED, PAGE, UNARGUED, copied, reasons, shown, updated

DIFF = """\
--- domain/facts.py
+++ domain/facts.py
@@ -1,3 +1,3 @@
 def join(one, other):
-    return one.terminal | other.terminal
+    return one.terminal & other.terminal
"""
OR = ("domain.facts.join", "return one.terminal \\| other.terminal", "return one.terminal & ...")
HEAD = "# Page\n\nAt commit none.\n\n| where | code | mutant | why |\n| --- | --- | --- | --- |\n"


def test_a_mutant_is_named_by_where_it_is_and_what_it_changes() -> None:
    assert shown("domain.facts.x_join__mutmut_3", DIFF) == (
        "domain.facts.join",
        "return one.terminal \\| other.terminal",
        "return one.terminal & other.terminal",
    )
    assert shown("domain.facts.xǁStampǁrank_of__mutmut_12", DIFF)[0] == "domain.facts.Stamp.rank_of"


def test_the_page_keeps_a_reason_and_forgets_who_was_killed() -> None:
    gone = ("domain.facts.filled", "a", "b")
    page = updated(HEAD, [OR, gone], "abc: 2 mutants, 0 killed")
    assert set(reasons(page).values()) == {UNARGUED}
    argued = page.replace(f"& ...` | {UNARGUED}", "& ...` | it means the same")
    later = updated(argued, [OR], "def: 2 mutants, 1 killed")
    assert reasons(later) == {OR: "it means the same"}
    assert "At commit def: 2 mutants, 1 killed." in later
    assert updated(later, [OR], "def: 2 mutants, 1 killed") == later


def test_every_survivor_on_the_page_has_a_reason() -> None:
    assert UNARGUED not in reasons(PAGE.read_text(encoding="utf-8")).values()


def test_the_copy_has_no_property_that_mutmut_would_leave_alone(tmp_path: Path) -> None:
    copied(tmp_path)
    for name in MUTATED:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "@property" not in text
        ast.parse(text)
    assert "rank = property(lambda self: self.rank_of())" in (
        tmp_path / "domain" / "facts.py"
    ).read_text(encoding="utf-8")
