"""Points are spent, come back over time, and belong to one user."""

from domain.ids import UserId
from graph.allowance import Allowance, Allowances, Flow
from tests.clock import FakeClock

FLOW = Flow(capacity=100, restored=10)


async def test_points_are_spent_and_come_back() -> None:
    clock = FakeClock()
    allowance = Allowance(FLOW, clock)
    assert allowance.spend(100)
    assert not allowance.spend(1)
    assert allowance.wait(25) == 3
    await clock.advance(3)
    assert allowance.spend(30)
    assert not allowance.spend(1)


async def test_no_more_than_the_capacity_comes_back() -> None:
    clock = FakeClock()
    allowance = Allowance(FLOW, clock)
    await clock.advance(1000)
    assert allowance.left == 100


async def test_a_debt_is_paid_off_first() -> None:
    clock = FakeClock()
    allowance = Allowance(FLOW, clock)
    allowance.owe(150)
    assert allowance.left == -50
    await clock.advance(5)
    assert not allowance.spend(1)
    await clock.advance(1)
    assert allowance.spend(10)


def test_one_user_spends_nothing_of_another() -> None:
    allowances = Allowances(FakeClock(), FLOW)
    assert allowances.of(UserId("a")).spend(100)
    assert allowances.of(UserId("b")).spend(100)
    assert not allowances.of(UserId("a")).spend(1)


def test_only_those_who_spent_are_remembered() -> None:
    allowances = Allowances(FakeClock(), FLOW)
    spender = allowances.of(UserId("spender"))
    assert spender.spend(50)
    for i in range(5000):
        allowances.of(UserId(str(i)))
    assert len(allowances._of) < 2000
    assert allowances.of(UserId("spender")) is spender
