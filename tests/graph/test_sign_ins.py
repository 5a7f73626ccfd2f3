"""A person sees every browser that is signed in, and ends any of them from any other."""

from typing import Any

import aiohttp

from tests.graph.conversation import talking
from tests.server import ORIGIN, Served

LIST = "{ viewer { signIns { id agent address createdAt expiresAt } } }"
END = "mutation($id: ID!) { endSignIn(input: {signInId: $id}) { ended userErrors { code } } }"


def headers(cookie: str) -> dict[str, str]:
    return {"Cookie": cookie, "Origin": ORIGIN}


async def asked(server: Served, cookie: str, query: str, **variables: str) -> Any:
    """The data, or the status where there is none."""
    body = {"query": query, "variables": variables}
    async with (
        aiohttp.ClientSession(headers=headers(cookie)) as http,
        http.post(server.url, json=body) as answer,
    ):
        return (await answer.json())["data"] if answer.status == 200 else answer.status


async def test_one_browser_ends_another_with_its_sockets(server: Served) -> None:
    here, there = await server.cookie(), await server.cookie()
    stranger = await server.cookie("eve")
    listed = (await asked(server, here, LIST))["viewer"]["signIns"]
    assert len(listed) == 2
    assert {each["address"] for each in listed} == {"127.0.0.1"}
    theirs = (await server.house.stores.sign_ins.by_secret(there.partition("=")[2])) or None
    assert theirs is not None
    async with talking(server.socket_url, additional_headers=headers(there)) as talk:
        await talk.send({"type": "connection_init"})
        assert (await talk.next())["type"] == "connection_ack"
        # Another user's browser names it, and nothing happens.
        await asked(server, stranger, END, id=theirs.id)
        assert await talk.ask("1", "{ viewer { name } }") == {"viewer": {"name": "ada"}}
        ended = (await asked(server, here, END, id=theirs.id))["endSignIn"]
        assert ended == {"ended": True, "userErrors": []}
        assert await talk.closed() == 4403
    assert await asked(server, there, LIST) == 401
    assert len((await asked(server, here, LIST))["viewer"]["signIns"]) == 1
