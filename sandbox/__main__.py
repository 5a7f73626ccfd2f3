"""`python -m sandbox`: the brokers alone, with a month of history and moving prices."""

import argparse
import asyncio
import json
import sys

from sandbox import serving
from sandbox.acts import ACTS
from sandbox.faults import FRAME_FAULTS, HTTP_FAULTS
from sandbox.serving import Sandbox


def main() -> None:
    """Run until interrupted."""
    asked = _arguments()
    try:
        asyncio.run(_run(asked))
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")


def parse_fault(text: str) -> tuple[str, dict[str, str]]:
    """`KIND name=value ...` as kind and fields."""
    kind, *words = text.split()
    fields = [word.partition("=") for word in words]
    if kind not in {*HTTP_FAULTS, *FRAME_FAULTS, *ACTS}:
        raise ValueError(f"no fault is called {kind!r}")
    if any(not separator for _, separator, _ in fields):
        raise ValueError(f"{text!r} is not KIND name=value ...")
    return kind, {name: value for name, _, value in fields}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8800, help="of control; brokers follow it")
    parser.add_argument("--seed", type=int, default=7, help="of prices and ids")
    parser.add_argument("--tick-interval", type=float, default=1.0, help="seconds; 0 = by hand")
    parser.add_argument("--empty", action="store_true", help="accounts with cash alone")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        type=parse_fault,
        metavar="'KIND name=value ...'",
        help=f"once or more; kinds: {', '.join([*HTTP_FAULTS, *FRAME_FAULTS, *ACTS])}",
    )
    return parser.parse_args()


async def _run(asked: argparse.Namespace) -> None:
    async with serving.serve(
        seed=asked.seed,
        tick_interval=asked.tick_interval,
        demo=not asked.empty,
        port=asked.port,
    ) as box:
        for kind, fields in asked.fault:
            await box.inflict(kind, **fields)
        sys.stdout.write(_greeting(box))
        sys.stdout.flush()
        await asyncio.Event().wait()


def _greeting(box: Sandbox) -> str:
    lines = [
        *(f"{host.name:22}{host.url}" for host in (*box.hosts, box.control)),
        f"{'alpaca paper key':22}{serving.PAPER_KEY} {serving.PAPER_SECRET}",
        f"{'alpaca live key':22}{serving.LIVE_KEY} {serving.LIVE_SECRET}",
        f"{'alpaca oauth client':22}{serving.CLIENT_ID} {serving.CLIENT_SECRET}",
        f"{'etrade consumer':22}{serving.CONSUMER_KEY} {serving.CONSUMER_SECRET}",
        f"{'coinbase key':22}{box.coinbase.key_name}",
        f"{'coinbase private key':22}{json.dumps(box.coinbase.pem)}",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
