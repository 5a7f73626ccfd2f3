"""The witness beside a running server, which goes on undisturbed."""

from pathlib import Path

from tests.flow.browser import browsing
from tests.flow.test_consent import HELD
from tests.flow.world import world

AUDIT = """
query Audit($after: Cursor) {
  auditLog(first: 200, after: $after) {
    edges { node { action outcome connectionId } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_the_witness_runs_beside_a_server_and_its_user_sees_that_it_did(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as made, made.served() as (url, _):
        api = made.api(url)
        id = await api.link()
        said = await made.run("witness", id)
        assert said.out[0].startswith("Verified on ")
        told = {"action": "witness", "outcome": "VERIFIED", "connectionId": id}
        assert told in await api.pages(AUDIT, "auditLog")
        assert (await api.connection(id))["health"]["state"] == "ACTIVE"


async def test_the_witness_reads_by_a_token_too(tmp_path: Path) -> None:
    async with (
        world(tmp_path) as made,
        made.served(**HELD) as (url, _),
        browsing(made, url) as ada,
    ):
        begun = await ada.begin()
        assert (await ada.consent(begun["signIn"]["authorizeUrl"])).status == 200
        said = await made.run("witness", begun["connection"]["id"])
        assert said.out[0].startswith("Verified on ")
