"""A peer that holds the line and says nothing: noticed by every broker, all of them at once.

How long silence is borne is real time, so these wait for the slowest and not one after another.
"""

import asyncio
from collections.abc import Awaitable, Callable

import sandbox
from brokers import plugins
from domain.capabilities import Pushed
from domain.errors import BrokerError, OutcomeUnknown
from tests.brokers.hearing import drained
from tests.conformance.orders import resting, sample_of
from tests.conformance.scene import Scene, opened
from tests.conformance.stage import Act, Trouble
from tests.waiting import until

# A silent stream is asked for a sign of life first.
NOTICED_WITHIN = 45.0


async def test_silence_is_noticed_and_believed_to_be_nothing_else() -> None:
    cases = [(name, case) for name in sorted(plugins()) for case in (_stream, _order)]
    noticed = await asyncio.gather(*(_noticed(*each) for each in cases))
    told = [f"{name}{case.__name__}" for name, case in cases]
    assert [each for each, well in zip(told, noticed, strict=True) if not well] == []


async def _noticed(name: str, case: Callable[[Scene], Awaitable[bool]]) -> bool:
    async with sandbox.serve(seed=1, rate_limit=1_000_000) as box, opened(name, box) as scene:
        return await case(scene)


async def _stream(scene: Scene) -> bool:
    """Whether the loss of a stream that is half open was noticed in time."""
    if Pushed.ORDERS not in scene.able.pushes:
        return True
    broker = await scene.broker()
    heard: list[object] = []
    listening = asyncio.create_task(drained(broker.events(), heard.append))
    await until(lambda: heard)
    await scene.stage.mute()
    done, _ = await asyncio.wait([listening], timeout=NOTICED_WITHIN)
    listening.cancel()
    return bool(done) and isinstance(listening.exception(), BrokerError)


async def _order(scene: Scene) -> bool:
    """Whether an order that is never answered is given up, as one that may be there."""
    broker = await scene.broker()
    await broker.accounts()
    await scene.stage.inflict(Trouble.SILENT, Act.PLACE)
    try:
        async with asyncio.timeout(NOTICED_WITHIN):
            await broker.place(resting(scene, sample_of(scene)))
    except OutcomeUnknown:
        return scene.stage.sent(Act.PLACE) == 1 and len(scene.owner.orders) == 1
    return False
