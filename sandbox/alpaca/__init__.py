"""Alpaca's dialect: REST, OAuth and websockets over the exchange, paper and live."""
