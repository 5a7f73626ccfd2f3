"""The rules of the house find what they are for, and nothing else."""

import ast

import pytest

from tools.leaks import found
from tools.lint import faults


def _messages(code: str) -> list[str]:
    return [message for _, message in faults(ast.parse(code), money=True)]


@pytest.mark.parametrize(
    "code",
    [
        "price: float = 1",
        "def worth(quantity: float): ...",
        "def worth() -> float: ...",
        "amount = float(text)",
        "def wait_for(price: float): ...",
        "def until():\n    price = float(text)",
        "rates: dict[str, float] = {}",
    ],
)
def test_a_float_near_money_is_found(code: str) -> None:
    assert _messages(f'"""Doc."""\n{code}') == ["float near money; a time says so in its name"]


@pytest.mark.parametrize(
    "code",
    [
        "def sleep(seconds: float): ...",
        "timeout: float | None = None",
        "def monotonic() -> float: ...",
        "def wait() -> float:\n    return float(1)",
        "call(retry_after=float(text))",
    ],
)
def test_seconds_may_be_floats(code: str) -> None:
    assert _messages(f'"""Doc."""\n{code}') == []


@pytest.mark.parametrize("code", ["Decimal(0.1)", "Decimal(float(seconds))"])
def test_a_decimal_of_a_float_is_found_anywhere(code: str) -> None:
    found = [message for _, message in faults(ast.parse(f'"""Doc."""\n{code}'), money=False)]
    assert found == ["Decimal of a float is not what was written; use a string"]


def test_a_long_function_and_a_missing_docstring_are_found() -> None:
    code = "def long():\n" + "    x = 1\n" * 40
    assert _messages(code) == [
        "no docstring that says what the module is",
        "long has 41 lines, at most 40",
    ]
    assert _messages('"""Doc."""\ndef short():\n' + "    x = 1\n" * 39) == []


@pytest.mark.parametrize(
    "line",
    [
        b"key = 'PKX7" + b"Q2M9ABCDEF012345'",
        b"bgp_" + b"a1B2" * 12,
        b"-----BEGIN PRIVATE KEY" + b"-----\n" + b"A" * 60,
        b"postgres://app:s3cretpw" + b"1@db.internal/x",
        b"ghp_" + b"a1B2" * 10,
    ],
)
def test_the_shape_of_a_secret_is_found(line: bytes) -> None:
    assert found(line)


@pytest.mark.parametrize(
    "line",
    [
        b"postgres://user:password@host/name",
        b"postgres://postgres:whatever1@127.0.0.1:5432/x",
        b'secret="bgp_planted-0123456789012345678901234567890123456789"',
        b"PENDING_REPLACE = PKEY",
    ],
)
def test_an_example_is_no_secret(line: bytes) -> None:
    assert not found(line)
