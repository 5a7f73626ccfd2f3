"""What a client is told of a failure, and what is kept from it."""

import logging

import pytest

from graph.execute import Refusal
from tests.graph.asking import answer, viewer
from tests.server import Served


async def test_a_failure_nobody_foresaw_is_masked_and_can_be_asked_after(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await viewer(server)
    await server.house.stores.db.close()
    with caplog.at_level(logging.ERROR, "graph.errors"):
        payload = await answer(server, ada, "{ viewer { name } connections { id } }")
    (error,) = payload["errors"]
    assert error["extensions"]["code"] in {"INTERNAL", "UNAVAILABLE"}
    correlation_id = error["extensions"]["correlationId"]
    assert error["message"] == f"Something went wrong here. Quote {correlation_id} to ask why."
    logged = [r for r in caplog.records if r.name == "graph.errors"]
    assert [getattr(r, "correlation_id", None) for r in logged] == [correlation_id]


async def test_what_a_client_mistyped_is_not_repeated_to_it(server: Served) -> None:
    query = """
    mutation($input: CompleteConnectInput!) {
      completeConnect(input: $input) { userErrors { code } }
    }
    """
    ada = await viewer(server)
    for given in (
        "s3cr3t",
        {"connectionId": ["s3cr3t"], "values": []},
        {"connectionId": "x", "values": ["s3cr3t"]},
        {"connectionId": "x", "values": [{"name": "key_id", "valeu": "s3cr3t"}]},
        {"connectionId": "x", "values": [{"name": "key_id", "value": ["s3cr3t\n"]}]},
    ):
        with pytest.raises(Refusal) as caught:
            await answer(server, ada, query, input=given)
        assert "invalid value" in caught.value.errors[0]["message"]
        assert "s3cr3t" not in str(caught.value.errors)
    enum = 'mutation($e: Environment!) { beginConnect(input: {broker: "x", environment: $e})'
    with pytest.raises(Refusal) as caught:
        await answer(server, ada, enum + " { userErrors { code } } }", e="s3cr3t")
    assert "s3cr3t" not in str(caught.value.errors)
