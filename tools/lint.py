"""The rules of this house that no linter knows: no float near money, short files and functions."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.tree import ROOT, files, finish

# A file of tests is a list of cases, which is read from where one looks.
FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES = 300, 400, 40

# Where amounts live. Seconds are the one thing that may be a float there, and their names say so.
MONEY = {"domain", "brokers", "store", "streaming", "trading", "graph"}
SECONDS = re.compile(
    r"seconds|timeout|retry_after|deadline|monotonic|interval|until|every|wait|delay|pause|since"
    r"|elapsed|duration|patience|max_rate|beat|spread|longest|left|backoff|jitter|grace|period|(^|_)(at|now|began|started|ms|hz)$"
)
# Clocks, token buckets and paces know nothing but time.
TIMEKEEPERS = {"domain/clock.py", "brokers/limits.py", "graph/allowance.py", "streaming/pace.py"}


def main() -> int:
    """Check every Python file; the exit status."""
    problems = [problem for path in files("*.py") for problem in _problems(path)]
    return finish(problems, "lint")


def _problems(path: Path) -> Iterator[str]:
    name = path.relative_to(ROOT)
    if "migrations" in name.parts:
        return
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    most = TEST_FILE_LINES if name.parts[0] == "tests" else FILE_LINES
    if lines > most:
        yield f"{name}: {lines} lines, at most {most}"
    for line, message in faults(ast.parse(text), money=_near_money(name)):
        yield f"{name}:{line}: {message}"


def _near_money(name: Path) -> bool:
    return name.parts[0] in MONEY and str(name) not in TIMEKEEPERS


def faults(tree: ast.Module, *, money: bool) -> Iterator[tuple[int, str]]:
    """Line and message of every breach in one module; `money` where amounts may occur."""
    if not ast.get_docstring(tree):
        yield 1, "no docstring that says what the module is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _too_long(node)
        if isinstance(node, ast.Call) and _is_decimal_of_float(node):
            yield node.lineno, "Decimal of a float is not what was written; use a string"
    if money:
        yield from _floats(tree)


def _too_long(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_LINES:
        yield node.lineno, f"{node.name} has {lines} lines, at most {FUNCTION_LINES}"


def _is_decimal_of_float(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Name) and call.func.id == "Decimal" and call.args):
        return False
    match call.args[0]:
        case ast.Constant(value=float()):
            return True
        case ast.Call(func=ast.Name(id="float")):
            return True
    return False


def _floats(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every use of float that does not belong to something named as a time."""
    allowed: set[int] = set()
    for node in ast.walk(tree):
        if SECONDS.search(_subject(node)):
            allowed.update(id(inner) for part in _typed(node) for inner in ast.walk(part))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "float" and id(node) not in allowed:
            yield node.lineno, "float near money; a time says so in its name"


def _subject(node: ast.AST) -> str:
    """The name of what an annotation or a value belongs to."""
    match node:
        case ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.AnnAssign(target=target) | ast.Assign(targets=[target]):
            return ast.unparse(target).lower()
        case ast.keyword(arg=str(name)):
            return name
    return ""


def _typed(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that its name speaks for: of a function what it returns, not its body."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            returned = [inner for inner in ast.walk(node) if isinstance(inner, ast.Return)]
            return [part for part in [node.returns, *returned] if part is not None]
    return [node]


if __name__ == "__main__":
    sys.exit(main())
