"""The rows. A value is kept whole as text (see codec); columns are what SQL has to look at."""

import secrets

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

_ID = 64
_NAME = 255


class Stream(Model):
    """One per user: locked first by whoever writes for that user, so it orders everything."""

    user_id = fields.CharField(max_length=_ID, primary_key=True)
    revision = fields.BigIntField(default=0)
    tag = fields.CharField(max_length=32)
    # Up to here the journal was pruned.
    floor = fields.BigIntField(default=0)
    audit_sequence = fields.BigIntField(default=0)
    audit_head = fields.CharField(max_length=_ID, default="")
    # Counts what is stored without being journalled: with the revision it dates all that is read.
    observations = fields.BigIntField(default=0, db_default=0)

    class Meta:
        table = "stream"


def new_stream(user: str) -> Stream:
    """The beginning of a user's stream, under a tag that no other stream has."""
    return Stream(user_id=user, tag=secrets.token_hex(8))


class JournalRow(Model):
    """One change; those of an order are its history and outlive the pruning of the rest."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    revision = fields.BigIntField()
    kind = fields.CharField(max_length=16)
    at = fields.DatetimeField()
    connection_id = fields.CharField(max_length=_ID, null=True)
    account_id = fields.CharField(max_length=_ID, null=True)
    order_id = fields.CharField(max_length=_ID, null=True)
    value = fields.TextField()

    class Meta:
        table = "journal"
        unique_together = (("user_id", "revision"),)
        indexes = (Index(fields=["user_id", "order_id"]), Index(fields=["at"]))


class ConnectionRow(Model):
    """A link to a login at a broker."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    state = fields.CharField(max_length=24)
    enabled = fields.BooleanField()
    created_at = fields.DatetimeField()
    value = fields.TextField()

    class Meta:
        table = "connection"


class CredentialRow(Model):
    """What signs a connection in, sealed."""

    connection_id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    key_id = fields.CharField(max_length=32, db_index=True)
    wrapped_key = fields.BinaryField()
    sealed = fields.BinaryField()

    class Meta:
        table = "credential"


class AccountRow(Model):
    """An account once, however many connections reach it; `connection_id` is its owner."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    broker = fields.CharField(max_length=32)
    environment = fields.CharField(max_length=16)
    number = fields.CharField(max_length=_NAME)
    connection_id = fields.CharField(max_length=_ID, db_index=True)
    value = fields.TextField()
    balances = fields.TextField(null=True)
    valuation = fields.TextField(null=True)
    # When the newest snapshot that was taken in was begun; an older one has nothing to say.
    observed_at = fields.DatetimeField(null=True)
    # How far its transactions have been read.
    reading = fields.TextField(null=True)

    class Meta:
        table = "account"
        unique_together = (("user_id", "broker", "environment", "number"),)


class AccountLink(Model):
    """That a connection reaches an account."""

    id = fields.BigIntField(primary_key=True)
    account_id = fields.CharField(max_length=_ID)
    connection_id = fields.CharField(max_length=_ID, db_index=True)

    class Meta:
        table = "account_link"
        unique_together = (("account_id", "connection_id"),)


class HoldingRow(Model):
    """A holding; sold out, it stays with `held` false."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    account_id = fields.CharField(max_length=_ID)
    instrument_id = fields.CharField(max_length=_NAME)
    held = fields.BooleanField()
    changed_at = fields.DatetimeField()
    value = fields.TextField()

    class Meta:
        table = "holding"
        unique_together = (("account_id", "instrument_id"),)
        indexes = (Index(fields=["user_id", "held"]),)


class MarkRow(Model):
    """The last price that a snapshot brought, so that a restarted server has one to show."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    connection_id = fields.CharField(max_length=_ID)
    instrument_id = fields.CharField(max_length=_NAME)
    value = fields.TextField()

    class Meta:
        table = "mark"
        unique_together = (("connection_id", "instrument_id"),)


class OrderRow(Model):
    """An order as last shown, with the facts of each broker order id that it had."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    account_id = fields.CharField(max_length=_ID)
    connection_id = fields.CharField(max_length=_ID)
    client_order_id = fields.CharField(max_length=_NAME, null=True)
    instrument_id = fields.CharField(max_length=_NAME)
    open = fields.BooleanField()
    placed_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    value = fields.TextField()
    chain = fields.TextField()

    class Meta:
        table = "order_"
        indexes = (
            Index(fields=["user_id", "placed_at", "id"]),
            Index(fields=["account_id", "open"]),
            Index(fields=["account_id", "client_order_id"]),
        )


class OrderLink(Model):
    """Which order a broker's order id belongs to, its own or one that was announced."""

    id = fields.BigIntField(primary_key=True)
    account_id = fields.CharField(max_length=_ID)
    broker_order_id = fields.CharField(max_length=_NAME)
    order_id = fields.CharField(max_length=_ID, db_index=True)

    class Meta:
        table = "order_link"
        unique_together = (("account_id", "broker_order_id"),)


class AuditLine(Model):
    """One entry of a user's chain; `hash` covers it and all before it."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    sequence = fields.BigIntField()
    at = fields.DatetimeField()
    connection_id = fields.CharField(max_length=_ID, null=True)
    hash = fields.CharField(max_length=_ID)
    value = fields.TextField()

    class Meta:
        table = "audit"
        unique_together = (("user_id", "sequence"),)
        indexes = (Index(fields=["user_id", "connection_id"]),)


class AuditSeal(Model):
    """Where a chain begins after its older part was let go."""

    user_id = fields.CharField(max_length=_ID, primary_key=True)
    sequence = fields.BigIntField()
    hash = fields.CharField(max_length=_ID)
    sealed_at = fields.DatetimeField()
    signature = fields.CharField(max_length=_ID)

    class Meta:
        table = "audit_seal"


class SyncRow(Model):
    """A request to bring a connection up to date, and what came of it."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    connection_id = fields.CharField(max_length=_ID)
    requested_at = fields.DatetimeField()
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True, db_index=True)
    results = fields.TextField(null=True)

    class Meta:
        table = "sync_run"


class IntentRow(Model):
    """An order to be created at most once; found again by its key and by its id at the broker."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    account_id = fields.CharField(max_length=_ID)
    key = fields.CharField(max_length=_NAME)
    client_order_id = fields.CharField(max_length=_ID)
    state = fields.CharField(max_length=16)
    created_at = fields.DatetimeField()
    value = fields.TextField()

    class Meta:
        table = "intent"
        unique_together = (("user_id", "key"),)
        indexes = (
            Index(fields=["account_id", "client_order_id"]),
            Index(fields=["state"]),
            Index(fields=["user_id", "created_at"]),
        )


class TradingStateRow(Model):
    """Whether a scope may trade; `id` is the scope and its subject. No row: it may."""

    id = fields.CharField(max_length=_NAME, primary_key=True)
    state = fields.CharField(max_length=16)
    since = fields.DatetimeField()
    by = fields.CharField(max_length=_NAME)
    reason = fields.CharField(max_length=_NAME, default="")

    class Meta:
        table = "trading_state"


class LimitsRow(Model):
    """What a user allows in a scope; `id` is the scope and its subject."""

    id = fields.CharField(max_length=_NAME, primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    value = fields.TextField()

    class Meta:
        table = "limits"


class LeaseRow(Model):
    """What one process may run until then; `fence` counts who has had it."""

    name = fields.CharField(max_length=_ID, primary_key=True)
    owner = fields.CharField(max_length=_ID)
    until = fields.DatetimeField()
    fence = fields.BigIntField()

    class Meta:
        table = "lease"
