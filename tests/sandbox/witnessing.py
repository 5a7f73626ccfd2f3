"""A broker's own client, unchanged, in an environment of its own, at the sandbox."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.witness_env import ensure


async def witnessed(broker: str, asked: Mapping[str, object]) -> Any:
    """What the script in the broker's folder found; it reads what it is asked as JSON."""
    process = await asyncio.create_subprocess_exec(
        await asyncio.to_thread(ensure, broker),
        Path(__file__).parent / broker / "witness.py",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"NETRC": "/dev/null", "NO_PROXY": "127.0.0.1"},
    )
    output, _ = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), 60)
    assert process.returncode == 0
    return json.loads(output)
