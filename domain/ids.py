"""The names by which things are known, kept apart by type."""

from typing import NewType

UserId = NewType("UserId", str)
ConnectionId = NewType("ConnectionId", str)
AccountId = NewType("AccountId", str)
OrderId = NewType("OrderId", str)
InstrumentId = NewType("InstrumentId", str)
IntentId = NewType("IntentId", str)
TransactionId = NewType("TransactionId", str)
