"""What can be made to happen at once at an IB Gateway: at the one named `host`, or at each."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.habits import Habits
from sandbox.ibkr.notices import Notice

if TYPE_CHECKING:
    from sandbox.serving import Sandbox

_SWITCHES = {one.name for one in fields(Habits) if one.type is bool}


async def lose_servers(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Lose IB's servers and say so (1100): orders and prices go unanswered."""
    for gateway in _named(box, asked):
        gateway.lose_servers()


async def find_servers(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Have IB's servers again (1102), or with `data_lost` have to be subscribed to anew (1101)."""
    for gateway in _named(box, asked):
        gateway.find_servers(data_lost=_flag(asked.get("data_lost", False)))


async def doubt_orders(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Tell 10349 of each open order, for which clients take it to be cancelled; it is not."""
    for gateway in _named(box, asked):
        gateway.doubt_orders()


async def announce(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Tell every client a notice: `code` and `text`."""
    for gateway in _named(box, asked):
        gateway.announce(Notice(int(asked["code"]), str(asked.get("text", ""))))


async def habit(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Switch the habit `name` (read_only, api_off, ...) on, or off with `on=false`."""
    if asked["name"] not in _SWITCHES:
        raise ValueError(f"there is no such habit to switch; there are: {sorted(_SWITCHES)}")
    for gateway in _named(box, asked):
        setattr(gateway.habits, str(asked["name"]), _flag(asked.get("on", True)))


async def release_executions(box: "Sandbox", asked: Mapping[str, Any]) -> None:
    """Tell the executions and commissions that were held back."""
    for gateway in _named(box, asked):
        gateway.release_executions()


ACTS = (lose_servers, find_servers, doubt_orders, announce, habit, release_executions)


def _named(box: "Sandbox", asked: Mapping[str, Any]) -> list[Gateway]:
    return [one for one in box.ibkr.gateways if asked.get("host", one.name) == one.name]


def _flag(value: object) -> bool:
    return str(value).lower() in {"true", "1"}
