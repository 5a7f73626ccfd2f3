"""Guessing is slowed down; the owner of a name is not locked out by it."""

from datetime import UTC, datetime

from app.throttle import Attempts, Throttle


class Still:
    """A clock that moves by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_five_wrong_passwords_are_free_then_one_in_thirty_seconds() -> None:
    clock = Still()
    attempts = Attempts(clock)
    for _ in range(5):
        assert attempts.wait("ann", "192.0.2.1") == 0
        attempts.failed("ann", "192.0.2.1")
    assert attempts.wait("ann", "192.0.2.1") == 30
    clock.seconds += 30
    assert attempts.wait("ann", "192.0.2.1") == 0
    attempts.failed("ann", "192.0.2.1")
    assert attempts.wait("ann", "192.0.2.1") == 30


def test_guessing_a_name_does_not_keep_its_owner_out_elsewhere() -> None:
    attempts = Attempts(Still())
    for _ in range(100):
        attempts.failed("ann", "192.0.2.1")
    assert attempts.wait("ann", "192.0.2.1") > 0
    assert attempts.wait("ann", "192.0.2.2") == 0


def test_an_address_that_tries_many_names_is_slowed_for_all_of_them() -> None:
    attempts = Attempts(Still())
    for number in range(20):
        attempts.failed(f"name-{number}", "192.0.2.1")
    assert attempts.wait("ann", "192.0.2.1") > 0


def test_an_ipv6_network_counts_as_one_guesser() -> None:
    attempts = Attempts(Still())
    for number in range(20):
        attempts.failed(f"name-{number}", f"2001:db8::{number:x}")
    assert attempts.wait("ann", "2001:db8::ffff") > 0
    assert attempts.wait("ann", "2001:db8:0:1::1") == 0


def test_signing_in_often_is_no_guessing() -> None:
    attempts = Attempts(Still())
    for _ in range(100):
        assert attempts.wait("ann", "192.0.2.1") == 0
        attempts.failed("ann", "192.0.2.1")
        attempts.succeeded("ann", "192.0.2.1")


def test_a_flood_of_keys_costs_bounded_memory() -> None:
    throttle = Throttle(Still(), burst=1, seconds_each=1, keys=10)
    for number in range(100):
        throttle.failed(number)
    assert throttle.wait(0) == 0
    assert throttle.wait(99) == 1
