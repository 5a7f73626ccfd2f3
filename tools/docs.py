"""Keep the docs true: write their generated parts, and check what they name against the project."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer

from app.cli import app as commands
from app.settings import PREFIX, Settings
from brokers import plugins
from domain.errors import ErrorCode
from tools.observed import expected, kept
from tools.tables import part
from tools.tree import ROOT, files, finish

_PART = re.compile(r"(<!-- generated: ([\w: -]+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
_PATH = re.compile(
    r"(?<![\w./:~$<@=-])(?:[\w.-]+/)+[\w.*-]*|(?<![\w./-])[\w-]+\.(?:py|toml|graphql)\b"
)
_MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
_MODULE = re.compile(r"python3? -m ([a-z]\w*(?:\.\w+)*)")
_COMMAND = re.compile(r"(?:^|[\s`/])brokergraph((?: [a-z][a-z-]*)+)", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_SETTING = re.compile(PREFIX + r"([A-Z][A-Z_]*[A-Z])")

# Looks like a path and is none.
_MEDIA_TYPES = ("application/", "text/")
# Folders that are made, not kept.
_MADE = ("data/", ".venv", ".stamps/", "node_modules/", "config.ini", ".env", "deploy/secrets")


def main() -> int:
    """Write the generated parts, or with --check only compare; the exit status."""
    problems: list[str] = []
    for path in files("*.md"):
        name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        fresh = generated(text)
        if fresh != text and "--check" not in sys.argv:
            path.write_text(fresh, encoding="utf-8")
        elif fresh != text:
            problems.append(f"{name}: a generated part is stale: run make fmt")
        problems += [f"{name}: {problem}" for problem in untrue(fresh, path.parent)]
    return finish([*problems, *left_out()], "docs")


def generated(text: str) -> str:
    """The page with its generated parts as the program would write them now."""
    return _PART.sub(lambda found: f"{found[1]}{part(found[2])}\n{found[3]}", text)


def untrue(text: str, folder: Path) -> Iterator[str]:
    """Each thing that a page names and that is not there."""
    code = "\n".join(_CODE.findall(text))
    yield from (
        f"no {link} to link to" for link in _LINK.findall(text) if not (folder / link).exists()
    )
    yield from (f"no file {path}" for path in _PATH.findall(code) if not _is_file(path, folder))
    yield from (f"no verb: make {verb}" for verb in _MAKE.findall(code) if not _is_verb(verb))
    yield from (f"no module {module}" for module in _MODULE.findall(code) if not _is_module(module))
    for path, name in _TEST.findall(text):
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text():
            yield f"no test {path}::{name}"
    for words in _COMMAND.findall(code):
        if not is_command(words.split()):
            yield f"no command: brokergraph{words}"
    for setting in _SETTING.findall(text):
        if setting.partition("__")[0].lower() not in Settings.model_fields:
            yield f"no setting {PREFIX}{setting}"


def left_out() -> Iterator[str]:
    """Each thing of the project that has to be in a page and is in none."""
    api = ROOT / "docs" / "api.md"
    told = api.read_text(encoding="utf-8") if api.exists() else ""
    yield from (f"docs/api.md: says nothing of {code}" for code in ErrorCode if code not in told)
    for name, plugin in plugins().items():
        if not (ROOT / "docs" / "brokers" / f"{name}.md").exists():
            yield f"docs/brokers/{name}.md: no page for this broker"
        if kept().get(name) != expected(plugin.capabilities):
            yield f"docs/observed.json: {name} declares something else: run make capabilities"


def is_command(words: list[str]) -> bool:
    """Whether the first words are a command of ours; what follows may be its arguments."""
    here: object = typer.main.get_command(commands)
    for word in words:
        inner = getattr(here, "commands", None)
        if inner is None:
            return True
        if word not in inner:
            return False
        here = inner[word]
    return True


def _is_file(path: str, folder: Path) -> bool:
    if path.startswith((*_MADE, *_MEDIA_TYPES, "/")):
        return True
    if "*" in path:
        return any(ROOT.glob(path))
    first, slash, _ = path.partition("/")
    if not slash:
        return any(found.name == path for found in files(f"*{path}"))
    # Two words with a slash between them, such as a currency pair, are no path.
    if not (ROOT / first).exists() and not (folder / first).exists():
        return True
    return (ROOT / path).exists() or (folder / path).exists()


def _is_verb(verb: str) -> bool:
    return re.search(rf"^([a-z-]+ )*{verb}( [a-z-]+)*:", _makefile(), re.MULTILINE) is not None


def _is_module(module: str) -> bool:
    """Whether it can be run; a module of somebody else's is not ours to judge."""
    path = ROOT / module.replace(".", "/")
    runs = path.with_suffix(".py").exists() or (path / "__main__.py").exists()
    return runs or not (ROOT / module.partition(".")[0]).exists()


@cache
def _makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
