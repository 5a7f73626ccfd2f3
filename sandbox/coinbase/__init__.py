"""Coinbase Advanced Trade: its REST API and its two websocket hosts."""
