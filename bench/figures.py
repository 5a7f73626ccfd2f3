"""What was measured, and what has to be shown of it: medians over repeats, ratios of one run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

US = "Brokergraph"
# What the rest of the machine did meanwhile; PostgreSQL, which is nobody's child, is in it.
OTHERS = "other processes"
# A server that broke, or that the load client lost.
FAILED = "failed"
NOTES = frozenset({OTHERS, FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of one repeat: of a case at a size, of a server."""

    case: str
    size: str
    server: str
    what: str
    unit: str
    value: float
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the repeats, the least and the most."""

    median: float
    least: float
    most: float


Key = tuple[str, str, str]
Values = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A bound on our figure, or on its ratio to a peer's; `aim` is wished for and not demanded."""

    case: str
    size: str
    what: str
    peer: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    aim: bool = False

    def value(self, figures: Sequence[Figure]) -> Spread | None:
        """What was measured of it; None if one side of it was not."""
        ours = by_repeat(figures, (self.case, self.size, self.what), US)
        if self.peer is None:
            return spread(ours.values())
        theirs = by_repeat(figures, (self.case, self.size, self.what), self.peer)
        if not any(theirs.values()) and self.what == "held":
            # It held no rate at all, so it is credited with what it delivered however late.
            theirs = by_repeat(figures, (self.case, self.size, "delivered at most"), self.peer)
        return spread(ours[each] / theirs[each] for each in ours if theirs.get(each))

    def reached(self, measured: Spread) -> bool:
        """Whether the median keeps within the bound."""
        if self.at_least is not None:
            return measured.median >= self.at_least
        return self.at_most is not None and measured.median <= self.at_most

    @property
    def bound(self) -> str:
        """The bound in words."""
        words = f"at least {self.at_least:g}" if self.at_least else f"at most {self.at_most:g}"
        return f"{words} (aim)" if self.aim else words


def by_repeat(figures: Iterable[Figure], key: Key, server: str) -> Values:
    """A server's values by repeat: ratios are of one repeat, in which all met the same noise."""
    return {
        figure.repeat: figure.value
        for figure in figures
        if (figure.case, figure.size, figure.what) == key and figure.server == server
    }


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of any values, None of none."""
    known = list(values)
    return Spread(median(known), min(known), max(known)) if known else None


TARGETS = (
    *(
        Target(case="a", size=size, what="held", peer=peer, at_least=least)
        for size in ("100 sockets", "1000 sockets")
        for peer, least in (("graphql-ws", 3.0), ("Strawberry", 15.0))
    ),
    Target(case="b", size="200 users", what="held", peer="graphql-ws", at_least=1.0),
    Target(case="b", size="200 users", what="held", peer="graphql-ws", at_least=1.25, aim=True),
    Target(case="b", size="200 users", what="p99 at half", at_most=20.0),
    *(
        Target(case="c", size=f"bursts, {engine}", what=what, at_least=least, at_most=most)
        for engine in ("SQLite", "PostgreSQL")
        for what, least, most in (("held", 5_000.0, None), ("p99 at 5000", None, 100.0))
    ),
    Target(case="d", size="500 rows", what="answers", peer="Yoga", at_least=4.0),
    Target(case="d", size="500 rows", what="answers", peer="Strawberry", at_least=20.0),
    Target(
        case="d", size="500 rows", what="answers", peer="Mercurius + JIT", at_least=1.0, aim=True
    ),
    Target(case="e", size="100 events a second", what="p50", at_most=3.0),
    Target(case="e", size="100 events a second", what="p99", at_most=15.0),
    Target(case="f", size="10000 sockets", what="memory", at_most=55.0),
)
