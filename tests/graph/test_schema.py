"""The schema as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
)

from graph.limits import marks_of
from graph.schema import build, text

ROOT = Path(__file__).parents[2]
BUILT_IN = frozenset({"String", "Int", "Float", "Boolean", "ID"})


def test_the_committed_schema_is_this_one() -> None:
    assert (ROOT / "schema.graphql").read_text() == text(), "run: make schema"


def undescribed() -> Iterator[str]:
    """Everything in the schema that says nothing about itself."""
    for name, type in build().type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        if not type.description:
            yield name
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type.fields.items():
                if not field.description:
                    yield f"{name}.{field_name}"
                yield from (
                    f"{name}.{field_name}({argument})"
                    for argument, value in field.args.items()
                    if not value.description and argument != "input"
                )
        if isinstance(type, GraphQLInputObjectType):
            yield from (f"{name}.{f}" for f, value in type.fields.items() if not value.description)


def test_every_type_field_and_argument_says_what_it_is() -> None:
    assert list(undescribed()) == []


def test_no_float_is_anywhere() -> None:
    assert "Float" not in build().type_map


def test_every_mutation_takes_one_input_and_tells_user_errors() -> None:
    mutation = build().mutation_type
    assert mutation is not None
    for field in mutation.fields.values():
        assert list(field.args) == ["input"]
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        assert "userErrors" in payload.fields


def test_every_page_has_to_say_how_long_it_may_be() -> None:
    query = build().query_type
    assert query is not None
    paged = [f for f in query.fields.values() if str(get_named_type(f.type)).endswith("Connection")]
    assert len([f for f in paged if "first" in f.args]) == 4
    assert all(str(f.args["first"].type) == "Int!" for f in paged if "first" in f.args)


@pytest.mark.parametrize("type_name", ["ErrorCode", "OrderStatus", "Scope"])
def test_the_domains_enums_are_exposed(type_name: str) -> None:
    exposed = build().type_map[type_name]
    assert isinstance(exposed, GraphQLEnumType)
    assert exposed.values


def test_what_is_read_beside_an_event_is_marked_so() -> None:
    account = build().type_map["Account"]
    assert isinstance(account, GraphQLObjectType)
    assert "query_only" in marks_of(account.fields["balances"])
    assert "query_only" not in marks_of(account.fields["maskedNumber"])
