"""Medians, ratios and targets."""

from bench.figures import FAILED, OTHERS, US, Figure, Spread, Target, spread
from bench.report import failures, quiet, servers, targets

CASE, SIZE = "a", "100 sockets"


def _figures(server: str, *values: float, what: str = "held") -> list[Figure]:
    return [
        Figure(
            case=CASE,
            size=SIZE,
            server=server,
            what=what,
            unit="rows/s",
            value=value,
            repeat=repeat,
        )
        for repeat, value in enumerate(values)
    ]


def _target(at_least: float, peer: str | None = "graphql-ws") -> Target:
    return Target(case=CASE, size=SIZE, what="held", peer=peer, at_least=at_least)


def test_a_spread_is_the_median_between_the_least_and_the_most() -> None:
    assert spread([3.0, 1.0, 8.0]) == Spread(3.0, 1.0, 8.0)
    assert spread([]) is None


def test_a_ratio_is_of_figures_of_the_same_repeat() -> None:
    figures = [*_figures(US, 30, 80, 90), *_figures("graphql-ws", 10, 20, 30)]
    assert _target(3).value(figures) == Spread(3.0, 3.0, 4.0)


def test_a_repeat_in_which_one_side_failed_has_no_ratio() -> None:
    figures = [*_figures(US, 30, 80), *_figures("graphql-ws", 10)]
    assert _target(3).value(figures) == Spread(3.0, 3.0, 3.0)
    assert _target(3).value(_figures(US, 30)) is None


def test_a_peer_that_held_nothing_is_credited_with_what_it_delivered_late() -> None:
    figures = [
        *_figures(US, 60),
        *_figures("Strawberry", 0),
        *_figures("Strawberry", 4, what="delivered at most"),
    ]
    assert _target(15, "Strawberry").value(figures) == Spread(15.0, 15.0, 15.0)


def test_targets_are_reached_by_the_median() -> None:
    assert _target(3).reached(Spread(3.0, 2.0, 4.0))
    assert not _target(3).reached(Spread(2.9, 2.0, 4.0))
    most = Target(case=CASE, size=SIZE, what="held", at_most=20.0)
    assert most.reached(Spread(20.0, 1.0, 90.0))
    assert not most.reached(Spread(20.1, 1.0, 90.0))


def test_the_report_says_what_was_reached_and_what_was_not() -> None:
    figures = [
        *_figures(US, 120_000),
        *_figures("graphql-ws", 30_000),
        *_figures("Strawberry", 10_000),
    ]
    told = targets(figures)
    assert "ratio to graphql-ws | at least 3 | 4 | yes" in told
    assert "ratio to Strawberry | at least 15 | 12 | **no**" in told
    assert "| 100 sockets | graphql-ws | held | 30,000 rows/s | 4 |" in servers(figures)


def test_the_report_says_when_the_machine_was_not_ours() -> None:
    assert "indicative" in quiet(_figures(US, 0.0, 0.4, what=OTHERS))
    assert "indicative" not in quiet(_figures(US, 0.0, 0.05, what=OTHERS))
    assert "not measured" in quiet(_figures(US, 100.0))
    assert servers(_figures(US, 0.4, what=OTHERS)) == ""


def test_the_report_names_what_failed() -> None:
    assert failures(_figures(US, 1.0)) == "Nothing failed."
    assert "(a) Brokergraph, repeat 1" in failures(_figures(US, 1.0, what=FAILED))
