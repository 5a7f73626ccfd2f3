"""The server as a real process: what it refuses, what it answers, how it goes."""

import asyncio
import signal
from pathlib import Path

import aiohttp
import asyncpg  # type: ignore[import-untyped]  # ships none
import pytest
import websockets

from tests.app.process import ran, serving, started, with_key

SUBPROTOCOL = websockets.Subprotocol("graphql-transport-ws")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PUBLIC_URL": "http://brokers.example"}, "BROKERGRAPH_PUBLIC_URL"),
        ({"HOST": "0.0.0.0"}, "BROKERGRAPH_PUBLIC_URL"),  # noqa: S104 (that it is refused)
        (
            {"ENDPOINTS__ALPACA__PAPER__TRADING": "http://paper.example"},
            "BROKERGRAPH_ENDPOINTS__ALPACA__PAPER__TRADING",
        ),
    ],
)
async def test_plain_text_off_loopback_is_refused(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    with_key(tmp_path)
    refused = await ran(tmp_path, "serve", **settings)
    assert refused.process.returncode == 1
    assert sentence in refused.err[0]


async def test_without_a_key_it_says_how_to_make_one(tmp_path: Path) -> None:
    refused = await ran(tmp_path, "serve")
    assert refused.process.returncode == 1
    assert "brokergraph keys init" in refused.err[0]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("name", "known"), [("PAPER__NO", "trading"), ("NO__TRADING", "PAPER")])
async def test_an_address_of_nothing_that_is_there_is_refused(
    tmp_path: Path, name: str, known: str
) -> None:
    with_key(tmp_path)
    settings = {f"ENDPOINTS__ALPACA__{name}": "https://paper.example", "PORT": "0"}
    refused = await ran(tmp_path, "serve", **settings)
    assert refused.process.returncode == 1
    assert "BROKERGRAPH_ENDPOINTS__ALPACA__" in refused.err[0]
    assert known in refused.err[0]


async def test_postgresql_is_migrated_by_command_and_shared_by_servers(
    tmp_path: Path, postgres_url: str
) -> None:
    with_key(tmp_path)
    early = await ran(tmp_path, "serve", DATABASE_URL=postgres_url)
    assert early.process.returncode == 1
    assert "brokergraph migrate" in early.err[0]
    assert (await ran(tmp_path, "migrate", DATABASE_URL=postgres_url)).process.returncode == 0
    async with (
        serving(tmp_path, DATABASE_URL=postgres_url),
        serving(tmp_path, DATABASE_URL=postgres_url, FEEDS="false") as (url, _),
        aiohttp.ClientSession(url) as http,
        http.get("/readyz") as ready,
    ):
        assert ready.status == 200


async def test_it_is_not_ready_while_its_database_is_away_and_ready_again_after(
    tmp_path: Path, postgres_url: str
) -> None:
    server, _, name = postgres_url.rpartition("/")
    admin = await asyncpg.connect(f"{server}/postgres")
    await ran(tmp_path, "migrate", DATABASE_URL=postgres_url)
    async with (
        serving(tmp_path, DATABASE_URL=postgres_url) as (url, _),
        aiohttp.ClientSession(url) as http,
    ):
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        away = await _until_ready_is(http, 503)
        assert not away["database"]
        async with http.get("/healthz") as alive:
            assert alive.status == 200
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert all((await _until_ready_is(http, 200)).values())
    await admin.close()


async def _until_ready_is(http: aiohttp.ClientSession, status: int) -> dict[str, bool]:
    async with asyncio.timeout(30):
        while True:
            async with http.get("/readyz") as ready:
                told: dict[str, bool] = await ready.json()
            if ready.status == status:
                return told


async def test_a_taken_port_and_a_second_server_on_the_same_data_are_refused(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as (url, _):
        other = await ran(tmp_path, "serve", PORT="0")
        assert other.process.returncode == 1
        assert "another server is using" in "".join(other.err)
        (tmp_path / "other").mkdir()
        with_key(tmp_path / "other")
        taken = await ran(tmp_path / "other", "serve", PORT=url.rpartition(":")[2])
        assert taken.process.returncode == 1
        assert "Cannot listen on" in "".join(taken.err)


async def test_it_tells_that_it_lives_and_works_and_bears_the_id_that_it_was_given(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as (url, child), aiohttp.ClientSession(url) as http:
        async with http.get("/healthz") as alive:
            assert (alive.status, await alive.text()) == (200, "alive")
        async with http.get("/readyz") as ready:
            assert ready.status == 200
            assert set(await ready.json()) == {"database", "writer", "feeds"}
        async with http.get("/sign-in?x=y", headers={"X-Request-ID": "mine-1"}) as page:
            assert page.headers["X-Request-ID"] == "mine-1"
        async with http.get("/healthz", headers={"X-Request-ID": "x y\\n"}) as alive:
            assert alive.headers["X-Request-ID"] != "x y\\n"
        line = await child.line('"mine-1"')
        assert '"path": "/sign-in"' in line
        assert not [line for line in child.err if "healthz" in line]


async def test_metrics_are_for_loopback_and_not_for_whoever_comes_through_a_proxy(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as (url, _), aiohttp.ClientSession(url) as http:
        async with http.get("/metrics") as counted:
            text = await counted.text()
        for name in ("http_requests_total", "ledger_commits_total", "listeners", "feeds"):
            assert f"brokergraph_{name}" in text
        async with http.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}) as refused:
            assert refused.status == 403


async def test_metrics_by_a_token(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, METRICS_TOKEN="planted-metrics-token") as (url, _),
        aiohttp.ClientSession(url) as http,
    ):
        async with http.get("/metrics") as refused:
            assert refused.status == 403
        right = {"Authorization": "Bearer planted-metrics-token"}
        async with http.get("/metrics", headers=right) as counted:
            assert counted.status == 200


async def test_a_body_too_large_is_refused(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as (url, _),
        aiohttp.ClientSession(url) as http,
        http.post("/graphql", data=b"x" * 300_000) as refused,
    ):
        assert refused.status == 413


async def test_at_sigterm_sockets_are_closed_a_few_at_a_time_with_1012(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with serving(tmp_path, DRAIN_OVER="PT2S") as (url, child):
        ended: list[tuple[int | None, float]] = []

        async def client() -> None:
            address = f"ws{url.removeprefix('http')}/graphql"
            async with websockets.connect(address, subprotocols=[SUBPROTOCOL]) as socket:
                opened.release()
                await socket.wait_closed()
                ended.append((socket.close_code, loop.time()))

        opened = asyncio.Semaphore(0)
        clients = [asyncio.create_task(client()) for _ in range(20)]
        for _ in clients:
            await opened.acquire()
        child.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*clients)
        assert await child.ended() == 0
        times = [at for _, at in ended]
        assert {code for code, _ in ended} == {1012}
        assert max(times) - min(times) > 1
        assert not [line for line in child.err if "Traceback" in line]


async def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, child):
        assert await child.stop(signal.SIGINT) == 0
    async with started(tmp_path, "serve", PORT="0") as again:
        await again.logged("serving")
