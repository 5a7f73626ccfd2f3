"""Second factors, providers that vouch for people, tokens for some accounts, links by use."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("store", "0006_consents")]

    initial = False

    operations = [
        ops.AddField(
            model_name="TokenRow",
            name="accounts",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="TokenRow",
            name="unlimited_rate",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="SignInRow",
            name="proven_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="LinkRow",
            name="use",
            field=fields.CharField(db_default="sign in", max_length=16),
        ),
        ops.CreateModel(
            name="SecondFactorRow",
            fields=[
                (
                    "user_id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                (
                    "confirmed_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("last_step", fields.BigIntField(default=0)),
                ("failures", fields.IntField(default=0)),
                ("failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "second_factor", "app": "store", "pk_attr": "user_id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RecoveryCodeRow",
            fields=[
                (
                    "digest",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
            ],
            options={"table": "recovery_code", "app": "store", "pk_attr": "digest"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IdentityRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("user_id", fields.CharField(db_index=True, max_length=64)),
                ("issuer", fields.CharField(max_length=255)),
                ("subject", fields.CharField(max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "identity",
                "app": "store",
                "unique_together": (("issuer", "subject"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
