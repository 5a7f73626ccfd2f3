"""What a client may ask, by the number of the message."""

from sandbox.ibkr import (
    account_requests,
    contract_requests,
    order_requests,
    price_requests,
    session_requests,
)
from sandbox.ibkr.session import Handler

HANDLERS: dict[str, Handler] = {
    **session_requests.HANDLERS,
    **account_requests.HANDLERS,
    **contract_requests.HANDLERS,
    **price_requests.HANDLERS,
    **order_requests.HANDLERS,
}
