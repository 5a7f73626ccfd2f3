"""How often something was stored that is not journalled."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0004_equity")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Stream",
            name="observations",
            field=fields.BigIntField(default=0, db_default=0),
        ),
    ]
