"""Asks a server everything that schemathesis makes of its schema: `hole_finder.py URL EXAMPLES`.

Runs in an environment of its own and imports nothing of ours. Headers come as JSON over standard
input. An answer is a hole if it is a 5xx, is no JSON, or holds an error that has no code or that
nobody foresaw; what is refused with a code is as it should be. Prints how many operations it tried.
"""

import json
import sys

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

UNFORESEEN = {None, "INTERNAL", "UNAVAILABLE"}
PATIENCE_SECONDS = 30
SERVER_ERROR = 500

TEXTS = {
    "Decimal": st.one_of(st.decimals(allow_nan=True).map(str), st.text(max_size=20)),
    "DateTime": st.one_of(st.datetimes().map(lambda at: f"{at.isoformat()}Z"), st.text(max_size=9)),
    "Date": st.one_of(st.dates().map(str), st.text(max_size=9)),
    "Cursor": st.text(max_size=60),
    "CurrencyCode": st.one_of(st.sampled_from(["USD", "EUR", "XXX"]), st.text(max_size=4)),
}


def holes(answer):
    """What is wrong with an answer."""
    if answer.status_code >= SERVER_ERROR:
        return [f"status {answer.status_code}"]
    errors = answer.json().get("errors", [])
    return [str(e)[:300] for e in errors if e.get("extensions", {}).get("code") in UNFORESEEN]


def tried(operation, headers, examples):
    """Ask one operation in many ways; raises AssertionError at a hole."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case):
        found = holes(case.call(headers=headers, timeout=PATIENCE_SECONDS))
        assert not found, f"{operation.label}: {found}\n{case.body}"

    ask()


def main():
    url, examples = sys.argv[1], int(sys.argv[2])
    headers = json.load(sys.stdin)
    for name, texts in TEXTS.items():
        schemathesis.graphql.scalar(name, texts.map(nodes.String))
    schema = schemathesis.graphql.from_url(url, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        tried(operation, headers, examples)
    sys.stdout.write(f"{len(operations)}\n")


if __name__ == "__main__":
    main()
