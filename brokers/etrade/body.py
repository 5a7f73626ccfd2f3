"""E*TRADE's bodies, JSON or XML, brought to one form before anything is read out of them.

The first letter of a key changes its case between endpoints, environments and formats
(`Product`, `product`); a list of one comes as the one where XML was turned into JSON (recorded
bodies, 2018 to 2026). Here every key begins small, and what may be several is a list.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from brokers.wire import Row, document
from domain.errors import Unintelligible

_LISTS = frozenset(
    {
        "account",
        "accountPortfolio",
        "alert",
        "data",
        "event",
        "expirationDate",
        "instrument",
        "message",
        "optionPair",
        "order",
        "orderDetail",
        "orderIds",
        "position",
        "positionLot",
        "previewIds",
        "quoteData",
        "transaction",
    }
)
_DEEPEST = 40


def read(body: bytes) -> Row:
    """The document; Unintelligible if it is neither JSON nor XML. An empty one has no fields."""
    text = body.strip()
    if not text:
        return Row({}, "the answer")
    found = _xml(text) if text.startswith(b"<") else document(text)
    return Row(_tidied(found, "", 0), "the answer")


def _xml(text: bytes) -> dict[str, object]:
    """Elements as objects and texts; entities and document types are refused."""
    try:
        root = fromstring(text, forbid_dtd=True)
        return {_name(root): _element(root, 0)}
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        pass
    raise Unintelligible("the broker's answer is not XML")


def _element(element: Element, depth: int) -> object:
    if depth > _DEEPEST:
        raise Unintelligible("the broker's answer is nested too deeply")
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        name, value = _name(child), _element(child, depth + 1)
        if name in found:
            known = found[name]
            found[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            found[name] = value
    return found


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _tidied(value: object, key: str, depth: int) -> object:
    if depth > _DEEPEST:
        raise Unintelligible("the broker's answer is nested too deeply")
    if key in _LISTS and not (isinstance(value, str | int | Decimal) and value != ""):
        return [_tidied(each, "", depth + 1) for each in _several(value, key)]
    if isinstance(value, Mapping):
        return {
            _small(name): _tidied(each, _small(name), depth + 1) for name, each in value.items()
        }
    if isinstance(value, list):
        return [_tidied(each, "", depth + 1) for each in value]
    return value


def _several(value: object, key: str) -> list[object]:
    """What may be several, as a list; `instrument: {Instrument: ...}` wraps it once more."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and [_small(name) for name in value] == [key]:
        return _several(next(iter(value.values())), key)
    return [value] if value else []


def _small(name: object) -> str:
    text = str(name)
    return text[:1].lower() + text[1:]


def true(row: Row, name: str) -> bool:
    """Whether it is there and true; XML and some JSON say it in a word."""
    return row.flag(name) or (row.text(name) or "").lower() == "true"
