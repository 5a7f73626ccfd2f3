"""The witness beside a running server, which goes on undisturbed."""

from pathlib import Path

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
