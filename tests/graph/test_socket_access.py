"""Who may speak on a socket, and what closes one that was open."""

from datetime import timedelta
from pathlib import Path

from domain.access import Scope
from tests.clock import FakeClock
from tests.graph.conversation import talking
from tests.server import ORIGIN, Served, served

VIEWER = "{ viewer { name } }"
CHANGES = "subscription { changes { __typename ... on OrderChanged { order { status } } } }"


async def test_a_token_that_expires_closes_its_sockets_with_4403(tmp_path: Path) -> None:
    clock = FakeClock()
    async with served(tmp_path, clock=clock) as server:
        user = await server.user()
        _, secret = await server.house.stores.tokens.issue(
            user.id,
            name="brief",
            scopes=[Scope.READ],
            expires_at=clock.now() + timedelta(minutes=1),
        )
        async with talking(server.socket_url, token=secret) as talk:
            await clock.advance(50)
            assert await talk.ask("1", VIEWER)
            await clock.advance(11)
            assert await talk.closed() == 4403


async def test_revoking_a_token_closes_its_sockets_alone(server: Served) -> None:
    stores, user = server.house.stores, await server.user()
    revoked, secret = await stores.tokens.issue(user.id, name="a", scopes=[Scope.READ])
    async with (
        talking(server.socket_url, token=secret) as gone,
        talking(server.socket_url, token=secret) as gone_too,
        talking(server.socket_url, token=await server.token()) as stays,
    ):
        await gone.subscribe("1", CHANGES)
        assert await gone.data("1")
        await stores.tokens.revoke(user.id, revoked.id)
        assert await gone.closed() == 4403
        assert await gone_too.closed() == 4403
        assert await stays.ask("1", VIEWER)


async def test_disabling_a_user_closes_all_of_their_sockets(server: Served) -> None:
    user = await server.user()
    async with (
        talking(server.socket_url, token=await server.token()) as one,
        talking(server.socket_url, token=await server.token()) as two,
        talking(server.socket_url, token=await server.token("bob")) as other,
    ):
        await server.house.stores.users.disable(user.id)
        assert await one.closed() == 4403
        assert await two.closed() == 4403
        assert await other.ask("1", VIEWER)


async def test_a_cookie_counts_only_from_a_page_of_ours(server: Served) -> None:
    cookie, init = {"Cookie": await server.cookie()}, {"type": "connection_init"}
    async with talking(server.socket_url, additional_headers=cookie, origin=ORIGIN) as ours:
        await ours.send(init)
        assert await ours.next() == {"type": "connection_ack"}
        data = await ours.ask("1", "{ viewer { name signedInAt tokens { id } } }")
        assert data["viewer"]["signedInAt"]
    for origin in ("https://evil.example", "null", None):
        async with talking(server.socket_url, additional_headers=cookie, origin=origin) as other:
            await other.send(init)
            assert await other.closed() == 4403


async def test_a_token_counts_from_any_page(server: Served) -> None:
    async with talking(
        server.socket_url, token=await server.token(), origin="https://other.example"
    ) as talk:
        assert await talk.ask("1", VIEWER)


async def test_what_a_token_does_not_allow_is_refused(server: Served) -> None:
    reader = await server.token("ada", Scope.READ)
    disconnect = 'mutation { disconnect(input: {connectionId: "x"}) { userErrors { code } } }'
    async with talking(server.socket_url, token=reader) as talk:
        await talk.subscribe("1", disconnect)
        message = await talk.next()
        assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"
    async with talking(server.socket_url, token=await server.token("ada", Scope.TRADE)) as talk:
        await talk.subscribe("1", "{ accounts { id } }")
        assert (await talk.next())["type"] == "error"


async def test_not_being_able_to_tell_who_asks_is_no_refusal(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        token = await server.token()
        await server.house.stores.db.close()
        async with talking(server.socket_url) as talk:
            payload = {"authorization": f"Bearer {token}"}
            await talk.send({"type": "connection_init", "payload": payload})
            assert await talk.closed() == 1013
