"""Contracts: their details, search by symbol, option chains and price steps."""

from sandbox.ibkr import asked, layouts, notices
from sandbox.ibkr.contracts import Contract
from sandbox.ibkr.notices import Refusal
from sandbox.ibkr.session import Handler, Session
from sandbox.ibkr.wire import Fields, Value
from sandbox.json_text import plain

_ISSUER = 176


def details(session: Session, fields: Fields) -> None:
    """9: each contract that the description fits; error 200 if there is none."""
    fields.text()
    request, query = fields.count(), asked.query(fields)
    if not query.sec_type and query.con_id in {"", "0"}:
        raise notices.invalid("Please enter a valid security type")
    found = session.gateway.catalog.find(query)
    if not found:
        raise Refusal(notices.UNKNOWN_CONTRACT.code, notices.UNKNOWN_CONTRACT.message)
    for one in found:
        session.tell(layouts.contract_details(session.version, request, one))
    session.send(52, 1, request)


def search(session: Session, fields: Fields) -> None:
    """81: what a symbol or a name may mean."""
    request, pattern = fields.count(), fields.text()
    catalog = session.gateway.catalog
    found = catalog.search(pattern)
    values: list[Value] = [79, request, len(found)]
    for one in found:
        values += [one.con_id, one.symbol, one.sec_type, one.exchange, one.currency]
        derived = catalog.derivatives(one)
        values += [len(derived), *derived]
        values += [one.long_name, ""] if session.version >= _ISSUER else []
    session.tell(values)


def option_parameters(session: Session, fields: Fields) -> None:
    """78: the expiries and strikes of what is derived from a contract."""
    request, symbol = fields.count(), fields.text()
    fields.texts(2)
    under = fields.count()
    options = [
        one
        for one in session.gateway.catalog.by_id.values()
        if one.sec_type in {"OPT", "FOP"} and one.under_con_id == under and one.symbol == symbol
    ]
    for trading_class in sorted({one.trading_class for one in options}):
        mine = [one for one in options if one.trading_class == trading_class]
        _send_chain(session, request, under, mine)
    session.send(76, request)


def market_rule(session: Session, fields: Fields) -> None:
    """91: the steps between prices of what names this rule."""
    session.send(93, fields.count(), 1, "0", "0.01")


HANDLERS: dict[str, Handler] = {
    "9": details,
    "78": option_parameters,
    "81": search,
    "91": market_rule,
}


def _send_chain(session: Session, request: int, under: int, options: list[Contract]) -> None:
    first = options[0]
    expiries = sorted({one.last_trade_date for one in options})
    strikes = sorted({one.strike for one in options})
    session.send(
        75,
        request,
        first.routed,
        under,
        first.trading_class,
        first.multiplier,
        len(expiries),
        *expiries,
        len(strikes),
        *map(plain, strikes),
    )
