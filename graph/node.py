"""Global ids: opaque, typed, and the same for what is unknown and what is another's."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache

import strawberry

from domain.ids import AccountId, InstrumentId

# The keys that name a thing of each kind, by the most characters that each can have.
_OURS, _THEIRS = 64, 128
_KEYS: Mapping[str, tuple[int, ...]] = {
    "Account": (_OURS,),
    "Connection": (_OURS,),
    "Instrument": (_THEIRS,),
    "Order": (_OURS,),
    "Position": (_OURS, _THEIRS),
    "SyncRun": (_OURS,),
    "Transaction": (_OURS,),
    "User": (_OURS,),
}
_LONGEST = 512


@lru_cache(maxsize=16_384)
def global_id(kind: str, *keys: str) -> strawberry.ID:
    """The id by which clients know a thing of this kind."""
    text = ":".join((kind, *keys))
    return strawberry.ID(urlsafe_b64encode(text.encode()).decode().rstrip("="))


def keys_of(id: str) -> tuple[str, ...]:
    """The kind and the keys of a global id, or nothing if it is none of ours."""
    if len(id) > _LONGEST or not id.isascii():
        return ()
    try:
        text = urlsafe_b64decode(id + "=" * (-len(id) % 4)).decode()
    except ValueError:
        return ()
    kind, _, rest = text.partition(":")
    if kind not in _KEYS:
        return ()
    most = _KEYS[kind]
    keys = rest.split(":", len(most) - 1)
    fits = len(keys) == len(most) and all(0 < len(k) <= n for k, n in zip(keys, most, strict=True))
    # One spelling for each id, so that equal things have equal ids.
    if not fits or global_id(kind, *keys) != id:
        return ()
    return (kind, *keys)


def key_of(kind: str, id: str) -> str:
    """The single key of an id of this kind, or "", which names nothing."""
    match keys_of(id):
        case (found, key) if found == kind:
            return key
        case _:
            return ""


def position_id(account: AccountId, instrument: InstrumentId) -> strawberry.ID:
    """A position is known by where and what it is, so a new one of the same has the same id."""
    return global_id("Position", account, instrument)


def shows(value: type) -> Callable[[object, object], bool]:
    """`is_type_of` for a GraphQL type that declares what is shown of a domain value."""
    return staticmethod(lambda source, _info: isinstance(source, value))


@strawberry.interface(description="Anything that can be asked for again by its id.")
class Node:
    """The Relay interface."""

    id: strawberry.ID = strawberry.field(description="Opaque, stable, and unique over all types.")
