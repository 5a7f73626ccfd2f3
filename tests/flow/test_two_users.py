"""Promise: neither of two users reads, changes or learns of anything of the other's."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from sandbox.orders import Side, Ticket
from tests.app.process import ROOT
from tests.flow.world import Api, World, world
from tests.waiting import asked_until

IDS = """
{
  connections { id accounts { id } }
  positions(first: 10) { edges { node { id instrument { id } } } }
  orders(first: 10) { edges { node { id } } }
}
"""
# Instruments are the same for everybody: what they are called is nobody's secret.
SHARED = ("Instrument",)


def _fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    """Every root field that takes an id, somewhere."""
    for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            if any(_takes_id(argument) for argument in field.args.values()):
                yield kind, name, field


def _takes_id(argument: GraphQLArgument) -> bool:
    type = get_named_type(argument.type)
    if isinstance(type, GraphQLInputObjectType):
        return any(get_named_type(each.type).name == "ID" for each in type.fields.values())
    return bool(type.name == "ID")


def _value(type: Any, id: str) -> str:
    """A literal of this type with the id wherever one fits."""
    text = str(type)
    named = get_named_type(type)
    if isinstance(named, GraphQLInputObjectType):
        inner = {
            name: _value(each.type, id)
            for name, each in named.fields.items()
            if is_required_input_field(each) or get_named_type(each.type).name == "ID"
        }
        return "{" + ", ".join(f"{name}: {value}" for name, value in inner.items()) + "}"
    plain = {"ID": f'"{id}"', "Int": "5", "Boolean": "false", "Decimal": '"1"'}
    literal = plain.get(named.name) or _other(named)
    return f"[{literal}]" if text.startswith("[") else literal


def _other(named: Any) -> str:
    values = getattr(named, "values", None)
    return next(iter(values)) if values else '"x"'


def _document(kind: str, name: str, field: GraphQLField, id: str) -> str:
    given = {
        key: _value(argument.type, id)
        for key, argument in field.args.items()
        if is_required_argument(argument) or _takes_id(argument)
    }
    arguments = ", ".join(f"{key}: {value}" for key, value in given.items())
    shown = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"{kind} {{ {name}({arguments}){shown} }}"


async def _ids(api: Api) -> list[str]:
    await api.link()
    data = await asked_until(
        lambda: api.ask(IDS),
        lambda data: data["positions"]["edges"] and data["orders"]["edges"],
    )
    connection = data["connections"][0]
    nodes = [edge["node"]["id"] for root in ("positions", "orders") for edge in data[root]["edges"]]
    return [connection["id"], *(each["id"] for each in connection["accounts"]), *nodes]


def _hold(made: World) -> None:
    ticket = Ticket(symbol="AAPL", side=Side.BUY, quantity=Decimal(3))
    made.box.exchange.submit(made.box.paper, ticket)
    made.box.exchange.work()


def _foreign(id: str) -> str:
    """An id of the same kind that nothing has."""
    return id[:-2] + ("AA" if not id.endswith("AA") else "BB")


async def test_an_id_of_anothers_is_answered_as_one_that_nothing_has(tmp_path: Path) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    async with world(tmp_path, users=("ada", "bob")) as made, made.served() as (url, _):
        _hold(made)
        ada, bob = made.api(url, "ada"), made.api(url, "bob")
        ids = await _ids(ada)
        before = await ada.ask(IDS)
        fields = list(_fields(schema))
        assert {name for _, name, _ in fields} >= {"node", "sync", "disconnect", "updateConnection"}
        for kind, name, field in fields:
            for id in ids:
                theirs = await bob.answer(_document(kind, name, field, id))
                nothing = await bob.answer(_document(kind, name, field, _foreign(id)))
                assert _without_names(theirs) == _without_names(nothing), (name, id)
        assert await ada.ask(IDS) == before
        assert (await bob.ask(IDS))["connections"] == []


def _without_names(answer: dict[str, Any]) -> Any:
    """The answer less what differs with every request."""
    errors = [
        (each["message"], each.get("path"), each["extensions"]["code"])
        for each in answer.get("errors", [])
    ]
    return answer.get("data"), errors
