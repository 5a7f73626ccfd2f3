"""Which files are the project's own: those that git knows or would add."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def files(*patterns: str) -> list[Path]:
    """Paths below the root, sorted; ignored and deleted files are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    found = (ROOT / name for name in sorted(set(listed.split("\0"))) if name)
    return [path for path in found if path.is_file()]


def finish(problems: list[str], name: str) -> int:
    """Print what is wrong; the exit status of the tool."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{name}: {len(problems)} to mend")
    return 1 if problems else 0
