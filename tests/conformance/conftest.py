"""Every broker that there is, each in a sandbox of its own."""

from collections.abc import AsyncIterator

import pytest

import sandbox
from brokers import plugins
from sandbox import Sandbox
from tests.conformance.scene import Scene, opened


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=1_000_000) as running:
        yield running


@pytest.fixture(params=sorted(plugins()))
async def scene(request: pytest.FixtureRequest, box: Sandbox) -> AsyncIterator[Scene]:
    """A scene of each broker in turn, unless its stage says why the test is none for it."""
    async with opened(request.param, box) as made:
        test = getattr(request.node, "originalname", request.node.name)
        if reason := made.stage.exempt.get(test):
            pytest.skip(f"{request.param}: {reason}")
        yield made
