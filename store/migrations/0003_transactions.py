"""Transactions, and how far an account's have been read."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0002_intents")]

    initial = False

    operations = [
        ops.AddField(
            model_name="AccountRow",
            name="reading",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.CreateModel(
            name="TransactionRow",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("account_id", fields.CharField(max_length=64)),
                ("broker_id", fields.CharField(max_length=255)),
                ("instrument_id", fields.CharField(null=True, max_length=255)),
                ("type", fields.CharField(max_length=32)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "transaction_",
                "app": "store",
                "unique_together": (("account_id", "broker_id"),),
                "indexes": [
                    Index(fields=["user_id", "at", "id"]),
                    Index(fields=["user_id", "instrument_id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
