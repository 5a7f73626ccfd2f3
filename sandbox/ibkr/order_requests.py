"""Orders: placed, previewed, cancelled and listed, and their executions."""

from datetime import datetime

from sandbox.ibkr import asked, layouts, notices, order_layouts
from sandbox.ibkr.notices import Refusal
from sandbox.ibkr.order_layouts import Margins
from sandbox.ibkr.placed import Fill, Placed
from sandbox.ibkr.session import Handler, Session
from sandbox.ibkr.wire import Fields


def place(session: Session, fields: Fields) -> None:
    """3: place, modify, or only preview."""
    order = asked.read(fields, session.version)
    desk, habits = session.gateway.desk, session.gateway.habits
    try:
        if order.flag("whatIf"):
            return _preview(session, order)
        _refuse_if_read_only(session)
        known = len(desk.placed)
        if not habits.servers_up:
            return None
        placed = desk.place(session.client_id, order)
    except Refusal as error:
        error.order_id = order.order_id if error.order_id is None else error.order_id
        raise
    if placed is not None and len(desk.placed) > known:
        for notice in habits.order_notices:
            session.notify(notice, placed.order_id)
    return None


def cancel(session: Session, fields: Fields) -> None:
    """4."""
    fields.text()
    order_id = fields.count()
    _refuse_if_read_only(session)
    session.gateway.desk.cancel(session.client_id, order_id)


def cancel_all(session: Session, _: Fields) -> None:
    """58: whatever is open, whoever placed it."""
    _refuse_if_read_only(session)
    session.gateway.desk.cancel_all()


def open_orders(session: Session, _: Fields) -> None:
    """5: those of this client; those placed by hand belong to the client 0."""
    _list(session, session.gateway.desk.open_orders(session.client_id))


def all_open_orders(session: Session, _: Fields) -> None:
    """16: everybody's."""
    _list(session, session.gateway.desk.open_orders())


def completed_orders(session: Session, fields: Fields) -> None:
    """99: those that have ended; with the flag, only those placed over the API."""
    api_only = fields.flag()
    for placed in session.gateway.desk.completed_orders():
        if placed.client_id or placed.order_id or not api_only:
            session.tell(order_layouts.completed_order(session.version, placed))
    if not session.gateway.habits.omit_completed_end:
        session.send(102)


def executions(session: Session, fields: Fields) -> None:
    """7: those that the filter lets pass, each with its commission."""
    fields.text()
    request, client_id = fields.count(), fields.count()
    account, since, symbol, sec_type, _, side = fields.texts(6)
    for fill in session.gateway.fills.all:
        wanted = (
            (client_id in {0, fill.placed.client_id})
            and account in {"", fill.placed.account.number}
            and symbol in {"", fill.contract.symbol}
            and sec_type in {"", fill.contract.sec_type}
            and side in {"", fill.execution.side.value}
            and _is_after(fill, since)
        )
        if wanted:
            session.tell(layouts.execution(session.version, fill, request))
            session.tell(layouts.commission(fill))
    if not session.gateway.habits.omit_executions_end:
        session.send(55, 1, request)


HANDLERS: dict[str, Handler] = {
    "3": place,
    "4": cancel,
    "5": open_orders,
    "7": executions,
    "15": lambda _, __: None,
    "16": all_open_orders,
    "58": cancel_all,
    "99": completed_orders,
}


def _preview(session: Session, order: asked.Asked) -> None:
    habits = session.gateway.habits
    placed, margins = session.gateway.desk.preview(
        session.client_id, order, commission=habits.commission_in_preview
    )
    if habits.two_step_preview:
        warning = Margins(warning="The figures are still being worked out.")
        session.tell(
            order_layouts.open_order(session.version, placed, what_if=True, margins=warning)
        )
    session.tell(order_layouts.open_order(session.version, placed, what_if=True, margins=margins))


def _list(session: Session, orders: list[Placed]) -> None:
    for placed in orders:
        session.tell(order_layouts.open_order(session.version, placed))
        session.tell(order_layouts.order_status(placed))
    session.send(53, 1)


def _refuse_if_read_only(session: Session) -> None:
    if session.gateway.habits.read_only:
        raise Refusal(notices.READ_ONLY.code, notices.READ_ONLY.message)


def _is_after(fill: Fill, since: str) -> bool:
    """`since` is `20261120-15:04:05`, or with a space, in the exchange's time."""
    if not since:
        return True
    try:
        first = datetime.strptime(since[:17].replace(" ", "-"), "%Y%m%d-%H:%M:%S")  # noqa: DTZ007  # compared as text is
    except ValueError:
        raise notices.invalid("Invalid time") from None
    return fill.execution.at.replace(tzinfo=None) >= first
