"""What a client asks to be carried out, by whichever transport."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sent, its types checked and nothing else."""

    query: str
    variables: Mapping[str, Any] | None = None
    operation_name: str | None = None


def request_of(payload: object) -> Request:
    """Read a request from JSON; raises ValueError that says what is wrong with it."""
    given = payload if isinstance(payload, Mapping) else {}
    query, variables = given.get("query"), given.get("variables")
    name, extensions = given.get("operationName"), given.get("extensions")
    wrong = {
        "a request is an object": not isinstance(payload, Mapping),
        "query is a string": not isinstance(query, str) or not query,
        "variables is an object": not isinstance(variables, Mapping | None),
        "operationName is a string": not isinstance(name, str | None),
        "extensions is an object": not isinstance(extensions, Mapping | None),
    }
    for message, so in wrong.items():
        if so:
            raise ValueError(message)
    return Request(query=str(query), variables=variables, operation_name=name)
