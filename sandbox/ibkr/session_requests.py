"""The session itself: who the client is, the time, the next order id."""

from sandbox.ibkr import notices
from sandbox.ibkr.account_requests import managed_accounts
from sandbox.ibkr.session import Handler, Session
from sandbox.ibkr.wire import Fields


def start(session: Session, fields: Fields) -> None:
    """71: say who one is, and be told the accounts, the next order id and the farms' state."""
    fields.text()
    client_id, gateway = fields.count(), session.gateway
    if any(one.client_id == client_id for one in gateway.started()):
        session.notify(notices.CLIENT_ID_IN_USE)
        session.finish()
        return
    session.client_id, session.started = client_id, True
    managed_accounts(session, fields)
    next_id(session, fields)
    for notice in notices.FARMS:
        session.notify(notice)
    if not gateway.habits.servers_up:
        session.notify(notices.LOST)


def next_id(session: Session, _: Fields) -> None:
    """8: the first order id that the client may use."""
    session.send(9, 1, session.gateway.desk.next_id(session.client_id))


def time(session: Session, _: Fields) -> None:
    """49."""
    session.send(49, 1, int(session.gateway.exchange.time().timestamp()))


def user(session: Session, fields: Fields) -> None:
    """104."""
    session.send(107, fields.count(), "")


HANDLERS: dict[str, Handler] = {
    "8": next_id,
    "14": lambda _, __: None,
    "49": time,
    "71": start,
    "104": user,
}
