"""The GraphQL endpoint as routes: HTTP and the socket at one path, the explorer beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from graph.allowance import Allowances
from graph.context import Authenticate, Services
from graph.execute import Engine
from graph.http import EXPLORER, HttpView
from graph.limits import Limits
from graph.schema import build
from graph.socket import Pace, Socket
from graph.sockets import Sockets

PATH = "/graphql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """All that is mounted, and what metrics read: `engine.documents`, `sockets.open`.

    `origins` are those whose pages may use a browser's cookie.
    """

    engine: Engine
    sockets: Sockets
    routes: list[BaseRoute] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Accepting:
    """An application of its own, as Starlette takes whatever is no function to be."""

    socket: Callable[[WebSocket, Send], Socket]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, until it is closed."""
        await self.socket(WebSocket(scope, receive, send), send).run()


def endpoint(
    services: Services,
    authenticate: Authenticate,
    *,
    origins: frozenset[str],
    explorer: bool = False,
    limits: Limits | None = None,
    allowances: Allowances | None = None,
    sockets_per_user: int = 50,
    sockets_waiting: int = 1_000,
    pace: Pace | None = None,
    projection: bool = True,
) -> Endpoint:
    """Everything under /graphql.

    `explorer`: whether browsers get a page to try it by. `sockets_waiting`: how many sockets of an
    address nobody has signed in on yet. `projection`: off, graphql-core executes every field.
    """
    engine = Engine(build(), services, limits=limits, allowances=allowances, projection=projection)
    sockets = Sockets(services, most_per_user=sockets_per_user, most_waiting=sockets_waiting)
    view = HttpView(engine, authenticate=authenticate, origins=origins, explorer=explorer)
    pace = pace or Pace()

    def socket(websocket: WebSocket, send: Send) -> Socket:
        return Socket(
            websocket,
            send,
            engine=engine,
            authenticate=authenticate,
            sockets=sockets,
            origins=origins,
            clock=services.clock,
            pace=pace,
        )

    answer = Route(PATH, view.respond, methods=["GET", "POST"])
    routes: list[BaseRoute] = [answer, WebSocketRoute(PATH, _Accepting(socket))]
    if explorer:
        routes.append(Mount(f"{PATH}/explorer", StaticFiles(directory=EXPLORER)))
    return Endpoint(engine=engine, sockets=sockets, routes=routes)
