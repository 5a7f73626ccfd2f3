"""The two database clients of Tortoise, with transactions that begin and fail as ours must."""
