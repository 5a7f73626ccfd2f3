"""Reading placeOrder: the contract, the terms by the names of the vendor's API, and the legs."""

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.ibkr.contracts import Query
from sandbox.ibkr.notices import invalid
from sandbox.ibkr.wire import UNSET, Fields, number, whole

_FIRST = (
    "secIdType secId action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account "
    "openClose origin orderRef transmit parentId blockOrder sweepToFill displaySize "
    "triggerMethod outsideRth hidden"
)
_SECOND = "discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage"
_THIRD = (
    "modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm "
    "allOrNone minQty percentOffset eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy "
    "startingPrice stockRefPrice delta stockRangeLower stockRangeUpper "
    "overridePercentageConstraints volatility volatilityType deltaNeutralOrderType "
    "deltaNeutralAuxPrice"
)
_FOURTH = (
    "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize "
    "scaleSubsLevelSize scalePriceIncrement"
)
_FIFTH = "algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice"
_LAST = (
    "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice "
    "adjustedTrailingAmount adjustableTrailingUnit extOperator softDollarTierName "
    "softDollarTierVal cashQty mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader "
    "mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice "
    "usePriceMgmtAlgo"
)
NO_FA_PROFILE = 177
"""The server version that has no faProfile any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a combination."""

    con_id: int
    ratio: Decimal
    action: str
    exchange: str
    open_close: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client asked for, as it said it."""

    order_id: int
    query: Query
    terms: dict[str, str] = field(default_factory=dict)
    legs: tuple[Leg, ...] = ()

    def text(self, name: str) -> str:
        """One of the terms, empty if it was not said."""
        return self.terms.get(name, "")

    def number(self, name: str) -> Decimal | None:
        """One of the terms as a number, None if it was not given."""
        return number(self.text(name))

    def flag(self, name: str) -> bool:
        """One of the terms as yes or no."""
        return self.text(name) in {"1", "true"}

    @property
    def parent_id(self) -> int:
        """The order that it hangs on, 0 if on none."""
        return whole(self.text("parentId"))


def query(fields: Fields) -> Query:
    """The twelve fields of a contract."""
    return Query(
        con_id=fields.text(),
        symbol=fields.text(),
        sec_type=fields.text(),
        last_trade_date=fields.text(),
        strike=fields.text(),
        right=fields.text(),
        multiplier=fields.text(),
        exchange=fields.text(),
        primary_exchange=fields.text(),
        currency=fields.text(),
        local_symbol=fields.text(),
        trading_class=fields.text(),
    )


def read(fields: Fields, version: int) -> Asked:
    """A placeOrder after its message number; Refusal on what the sandbox does not take."""
    order_id, contract = fields.count(), query(fields)
    terms = _named(fields, _FIRST)
    legs = _legs(fields) if contract.sec_type == "BAG" else ()
    fields.text()
    terms |= _named(fields, _SECOND)
    if version < NO_FA_PROFILE:
        fields.text()
    terms |= _named(fields, _THIRD)
    if terms["deltaNeutralOrderType"]:
        raise invalid("Delta neutral orders are not offered here")
    terms |= _named(fields, _FOURTH)
    _pass_over_scale(fields, terms)
    if fields.flag():
        raise invalid("Delta neutral contracts are not offered here")
    terms["algoStrategy"] = fields.text()
    if terms["algoStrategy"]:
        raise invalid(f"Unknown algo strategy {terms['algoStrategy']}")
    terms |= _named(fields, _FIFTH)
    if fields.count():
        raise invalid("Conditions are not offered here")
    terms |= _named(fields, _LAST)
    return Asked(order_id=order_id, query=contract, terms=terms, legs=legs)


def _named(fields: Fields, names: str) -> dict[str, str]:
    """Fields by name; one that is unset counts as not said."""
    found = {name: fields.text() for name in names.split()}
    return {name: "" if said == UNSET else said for name, said in found.items()}


def _legs(fields: Fields) -> tuple[Leg, ...]:
    """The legs; prices of single legs and routing parameters are passed over."""
    found = []
    for _ in range(fields.count()):
        con_id, ratio, action, exchange, open_close = fields.count(), *fields.texts(4)
        fields.texts(3)
        found.append(
            Leg(
                con_id=con_id,
                ratio=number(ratio) or Decimal(1),
                action=action,
                exchange=exchange,
                open_close=open_close,
            )
        )
    fields.texts(fields.count())
    fields.texts(2 * fields.count())
    return tuple(found)


def _pass_over_scale(fields: Fields, terms: dict[str, str]) -> None:
    if number(terms["scalePriceIncrement"]):
        raise invalid("Scale orders are not offered here")
    fields.texts(3)
    if fields.text():
        fields.text()
    fields.texts(4)
