"""Which orders are taken of which kind of contract, and how long each may live.

The narrowest reading of the vendor's pages on order types and times in force (2026-06): a real
Gateway takes some that are not in here, by venue. Fractions are not taken over the API (10243).
"""

from collections.abc import Mapping

from sandbox.ibkr.asked import Asked
from sandbox.ibkr.contracts import Contract
from sandbox.ibkr.notices import Refusal

_DAY_GTC = frozenset({"", "DAY", "GTC"})
_LASTING = _DAY_GTC | {"GTD"}
_AT_ONCE = frozenset({"IOC", "FOK"})
_CONDITIONAL: Mapping[str, frozenset[str]] = {
    "STP": _LASTING,
    "STP LMT": _LASTING,
    **dict.fromkeys(("TRAIL", "TRAIL LIMIT", "MIT", "LIT"), _DAY_GTC),
}
_STOCK: Mapping[str, frozenset[str]] = {
    "MKT": _DAY_GTC | {"IOC", "OPG"},
    "LMT": _LASTING | _AT_ONCE | {"OPG"},
    "MOC": frozenset({"", "DAY"}),
    "LOC": frozenset({"", "DAY"}),
    **_CONDITIONAL,
}
_COMBINATION: Mapping[str, frozenset[str]] = {"MKT": frozenset({"", "DAY"}), "LMT": _DAY_GTC}
_OTHER: Mapping[str, frozenset[str]] = {
    "MKT": _DAY_GTC,
    "LMT": _LASTING | _AT_ONCE,
    **_CONDITIONAL,
}
_TABLES = {"STK": _STOCK, "BAG": _COMBINATION}


def check(asked: Asked, contract: Contract) -> None:
    """Refusal if it is in no table."""
    kind = "BAG" if asked.legs else contract.sec_type
    times = _TABLES.get(kind, _OTHER).get(asked.text("orderType"))
    if times is None:
        raise Refusal(387, "Unsupported order type for this exchange and security type.")
    if asked.text("tif") not in times:
        raise Refusal(201, "Order rejected - reason:Invalid time in force for this order type.")
    quantity = asked.number("totalQuantity")
    if quantity is not None and quantity != quantity.to_integral_value() and kind != "CRYPTO":
        raise Refusal(10243, "Fractional-sized order cannot be placed via API.")
