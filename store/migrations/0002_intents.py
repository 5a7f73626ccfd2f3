"""Intents, trading states and limits."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="IntentRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("account_id", fields.CharField(max_length=64)),
                ("key", fields.CharField(max_length=255)),
                ("client_order_id", fields.CharField(max_length=64)),
                ("state", fields.CharField(max_length=16)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "intent",
                "app": "store",
                "unique_together": (("user_id", "key"),),
                "indexes": [
                    Index(fields=["account_id", "client_order_id"]),
                    Index(fields=["state"]),
                    Index(fields=["user_id", "created_at"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LimitsRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "limits",
                "app": "store",
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TradingStateRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255),
                ),
                ("state", fields.CharField(max_length=16)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("by", fields.CharField(max_length=255)),
                ("reason", fields.CharField(default="", max_length=255)),
            ],
            options={
                "table": "trading_state",
                "app": "store",
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
