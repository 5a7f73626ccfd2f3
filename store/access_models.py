"""The rows of who may come in; of every secret only a digest."""

from tortoise import fields
from tortoise.models import Model

_ID = 64
_NAME = 255


class UserRow(Model):
    """A person who signs in."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    name = fields.CharField(max_length=_NAME, unique=True)
    password = fields.TextField(null=True)
    role = fields.CharField(max_length=16)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "person"


class TokenRow(Model):
    """A program's way in; only the digest of its secret is kept."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    digest = fields.CharField(max_length=_ID, unique=True)
    name = fields.CharField(max_length=_NAME)
    scopes = fields.CharField(max_length=_NAME)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    # Ids parted by spaces; null for all of the user's.
    accounts = fields.TextField(null=True)
    unlimited_rate = fields.BooleanField(db_default=False)

    class Meta:
        table = "token"


class SignInRow(Model):
    """A browser's session."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    digest = fields.CharField(max_length=_ID, unique=True)
    agent = fields.CharField(max_length=_NAME)
    address = fields.CharField(max_length=_ID)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    proven_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sign_in"


class LinkRow(Model):
    """A link that works once."""

    digest = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    expires_at = fields.DatetimeField()
    use = fields.CharField(max_length=16, db_default="sign in")

    class Meta:
        table = "link"


class SecondFactorRow(Model):
    """That a person has an authenticator app; its secret is with the credentials, sealed."""

    user_id = fields.CharField(max_length=_ID, primary_key=True)
    confirmed_at = fields.DatetimeField(null=True)
    # The newest time step of which a code was taken: no code is taken twice.
    last_step = fields.BigIntField(default=0)
    failures = fields.IntField(default=0)
    failed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "second_factor"


class RecoveryCodeRow(Model):
    """A code that stands in for the authenticator app once."""

    digest = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)

    class Meta:
        table = "recovery_code"


class IdentityRow(Model):
    """Who a person is at an OpenID Connect provider."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    issuer = fields.CharField(max_length=_NAME)
    subject = fields.CharField(max_length=_NAME)
    created_at = fields.DatetimeField()

    class Meta:
        table = "identity"
        unique_together = (("issuer", "subject"),)
