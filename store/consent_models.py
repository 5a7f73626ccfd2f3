"""The row of a consent."""

from tortoise import fields
from tortoise.models import Model

_ID = 64


class ConsentRow(Model):
    """A consent that is waited for, or was answered: then nothing sealed is left."""

    connection_id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID, db_index=True)
    way = fields.CharField(max_length=32)
    state = fields.CharField(max_length=_ID, unique=True)
    session = fields.CharField(max_length=_ID, null=True)
    expires_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    key_id = fields.CharField(max_length=32, null=True)
    wrapped_key = fields.BinaryField(null=True)
    sealed = fields.BinaryField(null=True)

    class Meta:
        table = "consent"
