"""The long messages, field by field, at the server versions 157 to 178.

Confirmed by recordings field by field (tests/sandbox/ibkr/test_layouts.py): openOrder up to the
margins, completedOrder, execDetails, contractDetails, position and the short ones. The what-if
figures and the legs of a combination rest on what the clients' decoders read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sandbox.clock import NEW_YORK
from sandbox.ibkr.asked import NO_FA_PROFILE, Asked, Leg
from sandbox.ibkr.contracts import BAG_CON_ID, Contract
from sandbox.ibkr.placed import Fill, Placed
from sandbox.ibkr.wire import UNSET, UNSET_INT, Value, double
from sandbox.json_text import plain
from sandbox.orders import OrdStatus

_DURATION, _POST_TO_ATS, _AUTO_CANCEL_PARENT, _PEGS, _PRICE_REVISION = 159, 160, 162, 170, 178
_NO_SIZE_MULTIPLIER = 164


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """What an order would do to an account, as text: before, change and after."""

    before: tuple[Value, Value, Value] = (UNSET, UNSET, UNSET)
    change: tuple[Value, Value, Value] = (UNSET, UNSET, UNSET)
    after: tuple[Value, Value, Value] = (UNSET, UNSET, UNSET)
    commission: Value = ""
    least_commission: Value = ""
    most_commission: Value = ""
    currency: str = ""
    warning: str = ""


def moment(at: datetime) -> str:
    """A time as executions have it."""
    return f"{at.astimezone(NEW_YORK):%Y%m%d %H:%M:%S} US/Eastern"


def order_block(contract: Contract, asked: Asked, *, right: str = "?") -> tuple[Value, ...]:
    """The eleven contract fields of an order; a combination names what it is made of."""
    exchange = asked.query.exchange or contract.routed
    if not asked.legs:
        return contract.block(exchange, right=right)
    symbol = asked.query.symbol or contract.symbol
    currency = asked.query.currency or contract.currency
    return (BAG_CON_ID, symbol, "BAG", "", "0", right, "", exchange, currency, symbol, "COMB")


def open_order(
    version: int,
    placed: Placed,
    *,
    what_if: bool = False,
    margins: Margins | None = None,
) -> list[Value]:
    """Message 5."""
    asked, order = placed.asked, placed.order
    account = placed.account.number
    fields: list[Value] = [
        5,
        placed.order_id,
        *order_block(placed.contract, asked),
        *_terms(asked, order.ticket.quantity),
        asked.text("ocaGroup"),
        account,
        asked.text("openClose"),
        asked.text("origin") or "0",
        asked.text("orderRef"),
        placed.client_id,
        placed.perm_id,
        asked.flag("outsideRth"),
        asked.flag("hidden"),
        "0",
        asked.text("goodAfterTime"),
        f"{placed.perm_id}.0/{account}/100",
        *("", "", ""),  # faGroup, faMethod, faPercentage
    ]
    if version < NO_FA_PROFILE:
        fields.append("")
    fields += [
        asked.text("modelCode"),
        asked.text("goodTillDate"),
        *("", "", "", "0", "", "-1"),  # rule80A .. exemptCode
        *("0", "", "", "", "", ""),  # auctionStrategy .. stockRangeUpper
        UNSET_INT,  # displaySize
        *("0", "0", "0", "", "3", "0", "0", ""),  # blockOrder .. nbboPriceCap
        asked.parent_id,
        *("0", "", "0", "None", ""),  # triggerMethod .. deltaNeutralAuxPrice
        *("0", "", "", "", "?", "0", "0", ""),  # what hangs on deltaNeutralOrderType
        *("0", "0"),  # continuousUpdate, referencePriceType
        *_trail(placed),
        *("", ""),  # basisPoints, basisPointsType
        *_legs(asked.legs),
        *(UNSET_INT, UNSET_INT, ""),  # scale
        *("", "0", "", "IB", "0", "0", "", "0"),  # hedgeType .. solicited
        what_if,
        "PreSubmitted" if what_if else placed.status,
        *_margins(margins or Margins()),
        *("0", "0", "0"),  # randomizeSize, randomizePrice, conditions
        *("None", UNSET, _trail(placed)[0] or UNSET, _limit_offset(asked)),
        *(UNSET, UNSET, UNSET, "0"),  # adjusted prices, adjustableTrailingUnit
        *("", "", "", "0", "1", "0", "0", "0"),  # softDollarTier .. usePriceMgmtAlgo
    ]
    if version >= _DURATION:
        fields.append("")
    if version >= _POST_TO_ATS:
        fields.append("")
    if version >= _AUTO_CANCEL_PARENT:
        fields.append("0")
    return fields + ([""] * 5 if version >= _PEGS else [])


def completed_order(version: int, placed: Placed) -> list[Value]:
    """Message 101, which has neither orderId nor clientId."""
    asked, order = placed.asked, placed.order
    fields: list[Value] = [
        101,
        *order_block(placed.contract, asked),
        *_terms(asked, order.ticket.quantity),
        asked.text("ocaGroup"),
        placed.account.number,
        asked.text("openClose"),
        asked.text("origin") or "0",
        asked.text("orderRef"),
        placed.perm_id,
        asked.flag("outsideRth"),
        asked.flag("hidden"),
        "0",
        asked.text("goodAfterTime"),
        *("", "", ""),  # faGroup, faMethod, faPercentage
    ]
    if version < NO_FA_PROFILE:
        fields.append("")
    status, when, how = _completion(placed)
    fields += [
        asked.text("modelCode"),
        asked.text("goodTillDate"),
        *("", "", "", "0", "", "-1"),  # rule80A .. exemptCode
        *("", "", "", "", ""),  # startingPrice .. stockRangeUpper
        UNSET_INT,  # displaySize
        *("0", "0", "", "3", "0", "", "0", "None", ""),  # sweepToFill .. deltaNeutralAuxPrice
        *("0", "0", "0", ""),  # what hangs on deltaNeutralOrderType
        *("0", "0"),  # continuousUpdate, referencePriceType
        *_trail(placed),
        *_legs(asked.legs),
        *(UNSET_INT, UNSET_INT, ""),  # scale
        *("", "", "IB", "0", "0", "", "0"),  # hedgeType .. solicited
        status,
        *("0", "0", "0"),  # randomizeSize, randomizePrice, conditions
        _trail(placed)[0] or UNSET,
        _limit_offset(asked),
        *("0", "1", "0", ""),  # cashQty .. autoCancelDate
        order.filled,
        *(UNSET_INT, "0", "Not an insider or substantial shareholder", "0", "0"),
        "9223372036854775807",  # parentPermId
        when,
        how,
    ]
    return fields + ([""] * 5 if version >= _PEGS else [])


def order_status(placed: Placed, *, status: str | None = None) -> list[Value]:
    """Message 3; `status` is told instead of the one it has."""
    order = placed.order
    return [
        3,
        placed.order_id,
        status or placed.status,
        order.filled,
        (order.ticket.quantity or Decimal(0)) - order.filled,
        order.average_price or Decimal(0),
        placed.perm_id,
        placed.asked.parent_id,
        placed.last_price,
        placed.client_id,
        placed.why_held,
        "0",
    ]


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


def _terms(asked: Asked, quantity: Decimal | None) -> tuple[Value, ...]:
    """From action to tif; the quantity is what it now is."""
    return (
        asked.text("action"),
        quantity or asked.number("totalQuantity") or Decimal(0),
        asked.text("orderType"),
        double(asked.number("lmtPrice")),
        double(asked.number("auxPrice")),
        asked.text("tif") or "DAY",
    )


def _trail(placed: Placed) -> tuple[Value, Value]:
    """trailStopPrice, which moves, and trailingPercent."""
    if not placed.asked.text("orderType").startswith("TRAIL"):
        return "", ""
    stop = placed.order.stop_price
    percent = placed.asked.number("trailingPercent")
    return "" if stop is None else double(stop), "" if percent is None else double(percent)


def _limit_offset(asked: Asked) -> str:
    offset = asked.number("lmtPriceOffset")
    return UNSET if offset is None else double(offset)


def _legs(legs: Sequence[Leg]) -> list[Value]:
    """comboLegsDescrip, the legs, and no prices or routing parameters of theirs."""
    signed = {"BUY": "", "SELL": "-"}
    described = ",".join(
        f"{one.con_id}|{signed.get(one.action, '')}{plain(one.ratio)}" for one in legs
    )
    fields: list[Value] = [described, len(legs)]
    for one in legs:
        fields += [one.con_id, one.ratio, one.action, one.exchange, one.open_close, "0", "", "-1"]
    return [*fields, 0, 0]


def _margins(found: Margins) -> list[Value]:
    return [
        *found.before,
        *found.change,
        *found.after,
        found.commission,
        found.least_commission,
        found.most_commission,
        found.currency,
        found.warning,
    ]


def _completion(placed: Placed) -> tuple[str, str, str]:
    """Status, time and words of an end."""
    order = placed.order
    when = moment(order.ended or order.updated)
    if order.status is OrdStatus.FILLED:
        return "Filled", when, f"Filled Size: {plain(order.filled)}"
    by_system = order.status in {OrdStatus.EXPIRED, OrdStatus.REJECTED}
    return placed.status, when, "Cancelled by System:\n" if by_system else "Cancelled by Trader"
