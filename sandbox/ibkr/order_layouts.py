"""Orders as messages, field by field, at the server versions 157 to 178.

Confirmed by recordings (tests/sandbox/ibkr/test_layouts.py): both messages of an order without
legs, whole but for three fields of openOrder after goodTillDate. What-if figures and the legs of a
combination rest on what the clients' decoders read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sandbox.ibkr.asked import NO_FA_PROFILE, Asked, Leg
from sandbox.ibkr.contracts import BAG_CON_ID, Contract
from sandbox.ibkr.placed import Placed
from sandbox.ibkr.wire import UNSET, UNSET_INT, Value, double, moment
from sandbox.json_text import plain
from sandbox.orders import OrdStatus

_DURATION, _POST_TO_ATS, _AUTO_CANCEL_PARENT, _PEGS = 159, 160, 162, 170


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
    asked = placed.asked
    return [
        *(5, placed.order_id),
        *_first(placed),
        *(placed.client_id, placed.perm_id),
        *_flags(asked),
        f"{placed.perm_id}.0/{placed.account.number}/100",
        *_advisor(version),
        *_model(asked),
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
        *(what_if, "PreSubmitted" if what_if else placed.status),
        *_margins(margins or Margins()),
        *_last(version, placed),
    ]


def completed_order(version: int, placed: Placed) -> list[Value]:
    """Message 101, which has neither orderId nor clientId."""
    asked = placed.asked
    status, when, how = _completion(placed)
    return [
        101,
        *_first(placed),
        placed.perm_id,
        *_flags(asked),
        *_advisor(version),
        *_model(asked),
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
        *(_trail(placed)[0] or UNSET, _limit_offset(asked)),
        *("0", "1", "0", ""),  # cashQty .. autoCancelDate
        placed.order.filled,
        *(UNSET_INT, "0", "Not an insider or substantial shareholder", "0", "0"),
        *("9223372036854775807", when, how),  # parentPermId, and its end
        *([""] * 5 if version >= _PEGS else []),
    ]


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


def _first(placed: Placed) -> list[Value]:
    """From the contract to orderRef."""
    asked = placed.asked
    return [
        *order_block(placed.contract, asked),
        *_terms(asked, placed.order.ticket.quantity),
        asked.text("ocaGroup"),
        placed.account.number,
        asked.text("openClose"),
        asked.text("origin") or "0",
        asked.text("orderRef"),
    ]


def _flags(asked: Asked) -> list[Value]:
    """From outsideRth to goodAfterTime."""
    return [asked.flag("outsideRth"), asked.flag("hidden"), "0", asked.text("goodAfterTime")]


def _advisor(version: int) -> list[Value]:
    """What only financial advisors have."""
    return [""] * (4 if version < NO_FA_PROFILE else 3)


def _model(asked: Asked) -> list[Value]:
    """From modelCode to exemptCode."""
    return [asked.text("modelCode"), asked.text("goodTillDate"), "", "", "", "0", "", "-1"]


def _last(version: int, placed: Placed) -> list[Value]:
    """From randomizeSize on: each version added something."""
    return [
        *("0", "0", "0"),  # randomizeSize, randomizePrice, conditions
        *("None", UNSET, _trail(placed)[0] or UNSET, _limit_offset(placed.asked)),
        *(UNSET, UNSET, UNSET, "0"),  # adjusted prices, adjustableTrailingUnit
        *("", "", "", "0", "1", "0", "0", "0"),  # softDollarTier .. usePriceMgmtAlgo
        *([""] if version >= _DURATION else []),
        *([""] if version >= _POST_TO_ATS else []),
        *(["0"] if version >= _AUTO_CANCEL_PARENT else []),
        *([""] * 5 if version >= _PEGS else []),
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
