"""The ways to sign in to a broker as a person is offered them, and what was typed in for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from brokers.contract import Field, Keys, Plugin, SignIn
from domain.errors import ErrorCode, Problem

SECRET_LENGTH = 4096
# What a broker's page may send back besides what was asked for (RFC 6749, 4.1.2.1).
REFUSAL = frozenset({"error", "error_description", "error_uri"})


class SignInKind(StrEnum):
    """How one signs in: by typing, or on the broker's own page."""

    KEYS = "KEYS"
    CONSENT = "CONSENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A way to sign in, as a dialog draws it.

    `fields` are to be typed in: for keys to complete, for a consent to begin. `verifier` may be
    copied from the broker's page; it returns by itself to `callback_url`, which the broker has to
    know. The last two are there once a consent was asked for.
    """

    kind: SignInKind
    name: str
    fields: tuple[Field, ...]
    verifier: Field | None = None
    callback_url: str | None = None
    authorize_url: str | None = None
    expires_at: datetime | None = None


def offer(way: SignIn, held: Mapping[str, str], callback: str) -> Offer:
    """A way without the fields that the server's settings hold."""
    if isinstance(way, Keys):
        return Offer(kind=SignInKind.KEYS, name=way.name, fields=way.fields)
    return Offer(
        kind=SignInKind.CONSENT,
        name=way.name,
        fields=tuple(field for field in way.fields if field.name not in held),
        verifier=way.verifier,
        callback_url=callback,
    )


def way_called(plugin: Plugin, name: str | None) -> SignIn:
    """The way of that name, the usual one for None; Problem if there is none."""
    if name is None:
        return plugin.sign_ins[0]
    for way in plugin.sign_ins:
        if way.name == name:
            return way
    known = ", ".join(way.name for way in plugin.sign_ins)
    raise Problem(ErrorCode.BAD_INPUT, f"{plugin.title} is signed in to by: {known}", field="way")


def way_of(plugin: Plugin, values: Mapping[str, str]) -> SignIn:
    """The way that values of these names complete; the usual one if they are of none."""
    for way in plugin.sign_ins:
        if values.keys() <= names(way):
            return way
    return plugin.sign_ins[0]


def names(way: SignIn) -> frozenset[str]:
    """What completing may bring."""
    if isinstance(way, Keys):
        return frozenset(field.name for field in way.fields)
    copied = set() if way.verifier is None else {way.verifier.name}
    return frozenset({way.state, *way.returns, *copied}) | REFUSAL


def typed(
    fields: Sequence[Field], values: Mapping[str, str], held: Mapping[str, str]
) -> Mapping[str, str]:
    """A value for each field, else what the settings hold; the values are never echoed."""
    asked = [field.name for field in fields]
    if set(values) - set(asked):
        only = f"only these are asked for: {', '.join(asked)}" if asked else "nothing is asked for"
        raise Problem(ErrorCode.BAD_INPUT, only, field="values")
    given = dict(held)
    for field in fields:
        text = values.get(field.name, "").strip()
        if text:
            given[field.name] = plain(field.name, text)
        elif field.required and field.name not in held:
            raise _malformed(field.name)
    return given


def plain(name: str, text: str) -> str:
    """The text, if it is no longer than a secret is and has nothing in it that does not print."""
    if not 0 < len(text) <= SECRET_LENGTH or not _printable(text):
        raise _malformed(name)
    return text


def _printable(text: str) -> bool:
    """A key may come in lines (PEM)."""
    return all(line.isprintable() for line in text.splitlines())


def _malformed(name: str) -> Problem:
    return Problem(ErrorCode.BAD_INPUT, f"{name} is missing or malformed", field="values")
