"""Consents that a person was sent to give on a broker's page."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0005_observations")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ConsentRow",
            fields=[
                (
                    "connection_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("way", fields.CharField(max_length=32)),
                ("state", fields.CharField(unique=True, max_length=64)),
                ("session", fields.CharField(null=True, max_length=64)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "answered_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("key_id", fields.CharField(null=True, max_length=32)),
                ("wrapped_key", fields.BinaryField(null=True)),
                ("sealed", fields.BinaryField(null=True)),
            ],
            options={"table": "consent", "app": "store", "pk_attr": "connection_id"},
            bases=["Model"],
        ),
    ]
