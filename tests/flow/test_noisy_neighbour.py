"""Promise: a user who loops whatever can be looped delays nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.flow.test_connecting import SYNC, _linked, _synced
from tests.flow.world import Api, world

NOISE, ELSEWHERE = "127.0.0.2", "127.0.0.3"
PASSWORD = "a-long-enough-password"
QUERY = '{ quotes(symbols: ["MSFT"]) { price } positions(first: 1000) { nodes { id } } }'


@asynccontextmanager
async def _from(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client at an address of its own."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as http:
        yield http


async def _signs_in(http: aiohttp.ClientSession, url: str, password: str) -> int:
    body = {"name": "ada", "password": password}
    async with http.post(f"{url}/sign-in", json=body) as response:
        return response.status


async def _noise(api: Api, id: str, stop: asyncio.Event) -> int:
    """Syncs, quotes, pages and wrong passwords, as fast as they are answered."""
    rounds = 0
    while not stop.is_set():
        await api.answer(SYNC, input={"connectionId": id})
        await api.answer(QUERY)
        assert await _signs_in(api.http, api.url, "wrong") in (401, 429)
        rounds += 1
    return rounds


async def test_one_who_loops_delays_the_other_nowhere(tmp_path: Path) -> None:
    async with world(tmp_path, users=("ada", "bob")) as made, made.served() as (url, _):
        await made.run("user", "password", "ada", typed=f"{PASSWORD}\n")
        made.box.alpaca.account("PKBOB", "secret-of-bob", "paper")
        ada = made.api(url, "ada")
        hers = await _linked(ada)
        async with _from(NOISE) as noisy, _from(ELSEWHERE) as quiet:
            bob = Api(url=url, token=made.tokens["bob"], http=noisy)
            his = await bob.link("PKBOB", "secret-of-bob")
            stop = asyncio.Event()
            loops = [asyncio.create_task(_noise(bob, his, stop)) for _ in range(4)]
            for _ in range(5):
                results = (await _synced(ada, hers))["results"]
                assert {each["status"] for each in results} == {"OK"}
                assert await _signs_in(quiet, url, PASSWORD) == 200
            assert (await ada.connection(hers))["health"]["state"] == "ACTIVE"
            # He is the one who is slowed down.
            assert await _signs_in(noisy, url, "wrong") == 429
            stop.set()
            assert all(await asyncio.gather(*loops))
