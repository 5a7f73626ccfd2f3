"""Who runs what only one process may."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0007_access")]

    initial = False

    operations = [
        ops.CreateModel(
            name="LeaseRow",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("owner", fields.CharField(max_length=64)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("fence", fields.BigIntField()),
            ],
            options={"table": "lease", "app": "store", "pk_attr": "name"},
            bases=["Model"],
        ),
    ]
