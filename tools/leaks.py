"""No secret is in the tree: looks for the shapes that keys have, and for files that hold them."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.tree import ROOT, files, finish

# Shapes of real credentials. What a test plants says so by the word "planted" in it.
SHAPES = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"),
    "an Alpaca key": re.compile(rb"\b(?:AK|PK)(?=[A-Z0-9]*[0-9])[A-Z0-9]{18,24}\b"),
    "a token of this server": re.compile(rb"\bbgp_[A-Za-z0-9_-]{40,}"),
    "an AWS key": re.compile(rb"\bAKIA[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{40,}"),
    "a password in a URL": re.compile(
        rb"[a-z]+://[^\s:/@{}<>\"'`]+:(?!password\b)[^\s:/@{}<>\"'`]{6,}@(?!127\.|localhost|host\b)"
    ),
}
HARMLESS = re.compile(rb"planted|example|sandbox|demo", re.IGNORECASE)
NEVER_KEPT = re.compile(r"(^|/)(\.env|config\.ini|.*\.key|.*\.pem|.*\.sqlite3)$")


def main() -> int:
    """Check every file of the tree; the exit status."""
    problems = [problem for path in files() for problem in _problems(path)]
    return finish(problems, "leaks")


def _problems(path: Path) -> Iterator[str]:
    name = str(path.relative_to(ROOT))
    if NEVER_KEPT.search(name):
        yield f"{name}: a file of this kind does not belong in the tree"
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        for shape in found(line):
            yield f"{name}:{number}: looks like {shape}"


def found(line: bytes) -> list[str]:
    """The kinds of secret that a line seems to hold."""
    return [
        name
        for name, shape in SHAPES.items()
        if any(not HARMLESS.search(hit.group()) for hit in shape.finditer(line))
    ]


if __name__ == "__main__":
    sys.exit(main())
