"""The rows as they were first laid out."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="AccountLink",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("account_id", fields.CharField(max_length=64)),
                ("connection_id", fields.CharField(db_index=True, max_length=64)),
            ],
            options={
                "table": "account_link",
                "app": "store",
                "unique_together": (("account_id", "connection_id"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AccountRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("broker", fields.CharField(max_length=32)),
                ("environment", fields.CharField(max_length=16)),
                ("number", fields.CharField(max_length=255)),
                ("connection_id", fields.CharField(db_index=True, max_length=64)),
                ("value", fields.TextField(unique=False)),
                ("balances", fields.TextField(null=True, unique=False)),
                ("valuation", fields.TextField(null=True, unique=False)),
                (
                    "observed_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "account",
                "app": "store",
                "unique_together": (("user_id", "broker", "environment", "number"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditLine",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("sequence", fields.BigIntField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("connection_id", fields.CharField(null=True, max_length=64)),
                ("hash", fields.CharField(max_length=64)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "audit",
                "app": "store",
                "unique_together": (("user_id", "sequence"),),
                "indexes": [Index(fields=["user_id", "connection_id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "user_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("sequence", fields.BigIntField()),
                ("hash", fields.CharField(max_length=64)),
                ("sealed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("signature", fields.CharField(max_length=64)),
            ],
            options={"table": "audit_seal", "app": "store", "pk_attr": "user_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ConnectionRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("state", fields.CharField(max_length=24)),
                ("enabled", fields.BooleanField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value", fields.TextField(unique=False)),
            ],
            options={"table": "connection", "app": "store", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CredentialRow",
            fields=[
                (
                    "connection_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("key_id", fields.CharField(db_index=True, max_length=32)),
                ("wrapped_key", fields.BinaryField()),
                ("sealed", fields.BinaryField()),
            ],
            options={"table": "credential", "app": "store", "pk_attr": "connection_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HoldingRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("account_id", fields.CharField(max_length=64)),
                ("instrument_id", fields.CharField(max_length=255)),
                ("held", fields.BooleanField()),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "holding",
                "app": "store",
                "unique_together": (("account_id", "instrument_id"),),
                "indexes": [Index(fields=["user_id", "held"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JournalRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("revision", fields.BigIntField()),
                ("kind", fields.CharField(max_length=16)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("connection_id", fields.CharField(null=True, max_length=64)),
                ("account_id", fields.CharField(null=True, max_length=64)),
                ("order_id", fields.CharField(null=True, max_length=64)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "journal",
                "app": "store",
                "unique_together": (("user_id", "revision"),),
                "indexes": [Index(fields=["user_id", "order_id"]), Index(fields=["at"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LinkRow",
            fields=[
                (
                    "digest",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "link", "app": "store", "pk_attr": "digest"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MarkRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("connection_id", fields.CharField(max_length=64)),
                ("instrument_id", fields.CharField(max_length=255)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "mark",
                "app": "store",
                "unique_together": (("connection_id", "instrument_id"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OrderLink",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("account_id", fields.CharField(max_length=64)),
                ("broker_order_id", fields.CharField(max_length=255)),
                ("order_id", fields.CharField(db_index=True, max_length=64)),
            ],
            options={
                "table": "order_link",
                "app": "store",
                "unique_together": (("account_id", "broker_order_id"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OrderRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("account_id", fields.CharField(max_length=64)),
                ("connection_id", fields.CharField(max_length=64)),
                ("client_order_id", fields.CharField(null=True, max_length=255)),
                ("instrument_id", fields.CharField(max_length=255)),
                ("open", fields.BooleanField()),
                ("placed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value", fields.TextField(unique=False)),
                ("chain", fields.TextField(unique=False)),
            ],
            options={
                "table": "order_",
                "app": "store",
                "indexes": [
                    Index(fields=["user_id", "placed_at", "id"]),
                    Index(fields=["account_id", "open"]),
                    Index(fields=["account_id", "client_order_id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SignInRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("agent", fields.CharField(max_length=255)),
                ("address", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "sign_in", "app": "store", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Stream",
            fields=[
                (
                    "user_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("revision", fields.BigIntField(default=0)),
                ("tag", fields.CharField(max_length=32)),
                ("floor", fields.BigIntField(default=0)),
                ("audit_sequence", fields.BigIntField(default=0)),
                ("audit_head", fields.CharField(default="", max_length=64)),
            ],
            options={"table": "stream", "app": "store", "pk_attr": "user_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SyncRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("connection_id", fields.CharField(max_length=64)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "finished_at",
                    fields.DatetimeField(
                        null=True, db_index=True, auto_now=False, auto_now_add=False
                    ),
                ),
                ("results", fields.TextField(null=True, unique=False)),
            ],
            options={"table": "sync_run", "app": "store", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TokenRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("name", fields.CharField(max_length=255)),
                ("scopes", fields.CharField(max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "token", "app": "store", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="UserRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("name", fields.CharField(unique=True, max_length=255)),
                ("password", fields.TextField(null=True, unique=False)),
                ("role", fields.CharField(max_length=16)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "disabled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={"table": "person", "app": "store", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
