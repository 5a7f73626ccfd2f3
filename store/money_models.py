"""The rows of what was booked and of what accounts were worth."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

_ID = 64
_NAME = 255


class TransactionRow(Model):
    """One entry of an account's books, once by the broker's id."""

    id = fields.CharField(max_length=_ID, primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    account_id = fields.CharField(max_length=_ID)
    broker_id = fields.CharField(max_length=_NAME)
    instrument_id = fields.CharField(max_length=_NAME, null=True)
    type = fields.CharField(max_length=32)
    at = fields.DatetimeField()
    value = fields.TextField()

    class Meta:
        table = "transaction_"
        unique_together = (("account_id", "broker_id"),)
        indexes = (
            Index(fields=["user_id", "at", "id"]),
            Index(fields=["user_id", "instrument_id"]),
        )


class EquityRow(Model):
    """What an account was worth at a moment."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.CharField(max_length=_ID)
    account_id = fields.CharField(max_length=_ID)
    at = fields.DatetimeField()
    value = fields.TextField()

    class Meta:
        table = "equity"
        unique_together = (("account_id", "at"),)
