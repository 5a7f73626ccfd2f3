"""A person leaves: sign-ins at brokers are given back, then everything is erased."""

from collections.abc import Awaitable, Callable

from app.stores import Stores
from domain.connection import ConnectionState
from domain.ids import UserId

# `Connect.disconnect` where brokers can be reached, `Connections.disconnect` where they cannot.
Disconnect = Callable[..., Awaitable[object]]


async def delete(stores: Stores, disconnect: Disconnect, user: UserId) -> None:
    """Erase the user; orders that are open at brokers stay there.

    What is left: the stream, so that no revision is given twice, the seal of the audit, and for as
    long as journals are kept the word that ends open sockets.
    """
    for connection in await stores.reads.connections(user):
        if connection.health.state is not ConnectionState.DISCONNECTED:
            await disconnect(user, connection.id, purge=True)
    await stores.users.delete(user)
    await stores.audit.close(user)
