"""The figures as text: what each server did, and which targets were reached."""

from collections.abc import Sequence

from bench.figures import (
    FAILED,
    NOTES,
    OTHERS,
    TARGETS,
    US,
    Figure,
    Spread,
    Target,
    by_repeat,
    spread,
)

# The load client's own share of its core says whether it was the one that could do no more.
TITLES = {
    "a": "one user, every socket gets every revalued position",
    "b": "200 users, a socket each, marks spread over them",
    "c": "order events through the ledger to a socket",
    "d": "positions over HTTP",
    "e": "from the sandbox's frame to the client's",
    "f": "memory of idle subscribed sockets",
}


# So many cores in other hands, and latencies and rates say little.
TOLERABLE = 0.1


def quiet(figures: Sequence[Figure]) -> str:
    """Whether the machine was ours: what others took of it, without case (c) and its PostgreSQL."""
    others = spread(
        figure.value for figure in figures if figure.what == OTHERS and figure.case != "c"
    )
    if others is None:
        return "What other processes did was not measured."
    told = f"Other processes used {_number(others)} cores meanwhile"
    return f"{told}." if others.most <= TOLERABLE else f"{told}: **these figures are indicative**."


def failures(figures: Sequence[Figure]) -> str:
    """Which servers broke, in which repeat."""
    broken = [figure for figure in figures if figure.what == FAILED]
    names = ", ".join(f"({one.case}) {one.server}, repeat {one.repeat + 1}" for one in broken)
    return f"**Failed: {names}.**" if broken else "Nothing failed."


def targets(figures: Sequence[Figure]) -> str:
    """A row for each target of which something was measured."""
    rows = ["| case | what | bound | measured | reached |", "|---|---|---|---|---|"]
    for target in TARGETS:
        measured = target.value(figures)
        if measured is not None:
            reached = "yes" if target.reached(measured) else "**no**"
            rows.append(
                f"| ({target.case}) {target.size} | {_subject(target)} | {target.bound} "
                f"| {_number(measured)} | {reached} |"
            )
    return "\n".join(rows)


def servers(figures: Sequence[Figure]) -> str:
    """A table for each case: a row for each server and size, ours beside each of the others."""
    return "\n\n".join(
        f"### ({case}) {title}\n\n{_case(shown)}"
        for case, title in TITLES.items()
        if (shown := [one for one in figures if one.case == case and one.what not in NOTES])
    )


def _case(figures: Sequence[Figure]) -> str:
    rows = [
        "| size | server | what | median (least to most) | ours to it |",
        "|---|---|---|---|---|",
    ]
    seen = dict.fromkeys((each.size, each.what, each.unit, each.server) for each in figures)
    for size, what, unit, server in sorted(seen, key=lambda key: (key[0], key[1])):
        key = (figures[0].case, size, what)
        measured = spread(by_repeat(figures, key, server).values())
        if measured is not None:
            ratio = Target(case=key[0], size=size, what=what, peer=server).value(figures)
            beside = _number(ratio) if ratio and server != US else ""
            rows.append(f"| {size} | {server} | {what} | {_number(measured)} {unit} | {beside} |")
    return "\n".join(rows)


def _subject(target: Target) -> str:
    return target.what if target.peer is None else f"{target.what}, ratio to {target.peer}"


def _number(measured: Spread) -> str:
    low, middle, high = (_short(each) for each in (measured.least, measured.median, measured.most))
    return middle if low == high else f"{middle} ({low} to {high})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
