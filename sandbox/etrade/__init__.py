"""E*TRADE's API on loopback: OAuth 1.0a, accounts, orders and market data."""
