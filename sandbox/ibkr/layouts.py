"""Executions and contracts as messages, field by field, at the server versions 157 to 178.

Confirmed by recordings (tests/sandbox/ibkr/test_layouts.py), but for bonds and commissions, which
rest on what the clients' decoders read.
"""

from sandbox.ibkr.contracts import Contract
from sandbox.ibkr.order_layouts import order_block
from sandbox.ibkr.placed import Fill
from sandbox.ibkr.wire import UNSET, Value, moment
from sandbox.json_text import plain

_NO_SIZE_MULTIPLIER, _PRICE_REVISION = 164, 178


def execution(version: int, fill: Fill, request: int = -1) -> list[Value]:
    """Message 11; `request` is -1 for what is told as it happens."""
    placed, one = fill.placed, fill.execution
    venue = "CME" if fill.contract.exchange == "CME" else "IEX"
    block = (
        order_block(placed.contract, placed.asked, right="")
        if fill.combination
        else fill.contract.block(venue, strike="0.0")
    )
    fields: list[Value] = [
        11,
        request,
        placed.order_id,
        *block,
        fill.id,
        moment(one.at),
        placed.account.number,
        venue,
        "BOT" if one.side.sign > 0 else "SLD",
        one.quantity,
        one.price,
        placed.perm_id,
        placed.client_id,
        "0",
        fill.cumulative,
        fill.average,
        placed.asked.text("orderRef"),
        *("", "", ""),  # evRule, evMultiplier, modelCode
        "2",
    ]
    return [*fields, "0"] if version >= _PRICE_REVISION else fields


def commission(fill: Fill) -> list[Value]:
    """Message 59."""
    realized = UNSET if fill.realized is None else fill.realized
    return [59, 1, fill.id, fill.execution.commission, "USD", realized, UNSET, ""]


def contract_details(version: int, request: int, one: Contract) -> list[Value]:
    """Message 10, or 18 for a bond."""
    old = version < _NO_SIZE_MULTIPLIER
    sizes: list[Value] = [] if old else [one.lot, one.lot, one.lot]
    multiplier: list[Value] = [100] if old else []
    head: list[Value] = [*([8] if old else []), request, one.symbol, one.sec_type]
    if one.sec_type == "BOND":
        return [18, *head, *_bond(one), *multiplier, *_bond_end(one), *sizes]
    hours = _HOURS.get(one.sec_type, "0930-1600")
    day = "20261120"
    return [
        10,
        *head,
        one.last_trade_date,
        plain(one.strike),
        one.right,
        one.routed,
        one.currency,
        one.local_symbol,
        one.trading_class,
        one.trading_class,
        one.con_id,
        one.min_tick,
        *multiplier,
        one.multiplier,
        "ACTIVETIM,ADJUST,DAY,GTC,GTD,IOC,LIT,LMT,LOC,MIT,MKT,MOC,OPG,STP,STPLMT,TRAIL,WHATIF",
        ",".join(dict.fromkeys((one.routed, one.exchange or "CBOE"))),
        *(1, one.under_con_id, one.long_name),
        one.exchange if one.sec_type == "STK" else "",
        one.last_trade_date[:6],
        *("", "", ""),  # industry, category, subcategory
        "US/Eastern",
        f"{day}:{hours.replace('-', f'-{day}:')}",
        f"{day}:{hours.replace('-', f'-{day}:')}",
        *("", "", "0"),  # evRule, evMultiplier, secIds
        *(1, one.under_symbol, one.under_sec_type, "26", one.last_trade_date),
        "COMMON" if one.sec_type == "STK" else "",
        *sizes,
    ]


_HOURS = {"CASH": "1715-1700", "FUT": "1800-1700", "CRYPTO": "0000-2359"}


def _bond(one: Contract) -> list[Value]:
    """From cusip to minTick."""
    return [
        *("912810TEST", "4", "20350515", "20250515", "", "GOVT", "FIXED"),
        *("0", "0", "0", ""),  # convertible, callable, putable, descAppend
        *(one.routed, one.currency, one.trading_class, one.trading_class),
        *(one.con_id, one.min_tick),
    ]


def _bond_end(one: Contract) -> list[Value]:
    """From orderTypes to marketRuleIds."""
    return [
        "DAY,GTC,LMT,MKT,WHATIF",
        "SMART",
        *("", "", "0", ""),
        one.long_name,
        "",
        "",
        "0",
        1,
        "26",
    ]
