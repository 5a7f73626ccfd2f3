"""The one place that names the Gateway library: ib_async, or ib_insync where only that is there.

Of either we use the socket, the handshake, the encoding of requests and the layouts of answers;
what an answer means is decided here, as both invent order statuses (10349, rejected changes) and
make binary floats of amounts (both read 2026-11).
"""

import asyncio
import importlib
import logging
from contextlib import suppress
from types import ModuleType
from typing import Any

log = logging.getLogger(__name__)

_NAMES = ("ib_async", "ib_insync")


def _installed() -> ModuleType:
    """The first that there is; ib_insync takes hold of an event loop when it is imported."""
    with suppress(RuntimeError):
        share_loop()
    for name in _NAMES:
        with suppress(ModuleNotFoundError):
            return importlib.import_module(name)
    raise ModuleNotFoundError("Interactive Brokers needs ib_async: install it or ib_insync")


def share_loop() -> None:
    """Make the running loop the thread's own.

    uvicorn since 0.36 never does, and ib_insync asks for that one instead of the running one
    (measured with uvicorn 0.54, 2026-11).
    """
    asyncio.set_event_loop(asyncio.get_running_loop())


_library: Any = _installed()
NAME: str = _library.__name__
VERSION: str = str(getattr(_library, "__version__", "unknown"))

Client: Any = importlib.import_module(f"{NAME}.client").Client
Decoder: Any = importlib.import_module(f"{NAME}.decoder").Decoder
Contract: Any = _library.Contract
ComboLeg: Any = _library.ComboLeg
Order: Any = _library.Order
ExecutionFilter: Any = _library.ExecutionFilter

# It logs whole messages, account numbers included, and a refused connection as an error of its own.
logging.getLogger(NAME).setLevel(logging.CRITICAL)
log.info("Interactive Brokers is spoken to by %s %s", NAME, VERSION)
