"""The search for the highest rate held."""

from hypothesis import given
from hypothesis import strategies as st

from bench.search import HELD_P99, MOST_TRIALS, Trial, highest


def _trial(rate: float, *, delivered: int = 100, p99: float = 0.001) -> Trial:
    return Trial(
        rate=rate,
        offered=100,
        delivered=delivered,
        frames=delivered,
        p50=p99,
        p99=p99,
        cost=1.0,
        server_cpu=1.0,
        client_cpu=0.1,
    )


class Server:
    """Holds every rate up to its capacity, unless a neighbour spoils the trial."""

    def __init__(self, capacity: float, spoiled: frozenset[int] = frozenset()) -> None:
        self.capacity, self.spoiled, self.trials = capacity, spoiled, 0

    async def attempt(self, rate: float) -> Trial:
        self.trials += 1
        late = rate > self.capacity or self.trials in self.spoiled
        return _trial(rate, p99=2 * HELD_P99 if late else HELD_P99 / 2)


def test_a_trial_is_held_only_if_nearly_all_came_and_came_soon() -> None:
    assert _trial(1, delivered=95).held
    assert not _trial(1, delivered=94).held
    assert not _trial(1, p99=HELD_P99).held


@given(capacity=st.floats(100, 1e6), guess=st.floats(1e3, 1e5))
async def test_what_is_found_is_held_and_close_to_the_capacity(
    capacity: float, guess: float
) -> None:
    found = await highest(Server(capacity).attempt, guess)
    assert found is not None
    assert 0.93 * capacity <= found.rate <= capacity


async def test_one_spoiled_trial_does_not_count() -> None:
    found = await highest(Server(1_000, frozenset({1, 4, 8})).attempt, 500)
    assert found is not None
    assert found.rate > 930


async def test_a_server_that_holds_nothing_is_given_up() -> None:
    server = Server(0)
    assert await highest(server.attempt, 1_000) is None
    assert server.trials <= 2 * MOST_TRIALS
