"""What accounts were worth over time."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0003_transactions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="EquityRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("user_id", fields.CharField(max_length=64)),
                ("account_id", fields.CharField(max_length=64)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value", fields.TextField(unique=False)),
            ],
            options={
                "table": "equity",
                "app": "store",
                "unique_together": (("account_id", "at"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
