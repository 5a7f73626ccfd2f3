"""Brokers on loopback that speak the real wire, one matching exchange behind them.

    async with sandbox.serve(seed=1) as box:
        box.alpaca.paper.url          # "http://127.0.0.1:49152", likewise .live (and its /oauth/),
                                      # .market (prices over REST), .market_stream (prices pushed)
        box.alpaca.paper.socket_url + "/stream"      # trade updates
        sandbox.PAPER_KEY, sandbox.PAPER_SECRET      # open box.paper (an Account with 100,000 USD)
        sandbox.LIVE_KEY, sandbox.LIVE_SECRET        # open box.live (50,000 USD)
        sandbox.CLIENT_ID, sandbox.CLIENT_SECRET     # an OAuth client
        box.alpaca.account("PK2", "secret", "paper") # another account and its key
        box.etrade.host.url           # E*TRADE, with two accounts of one person
        sandbox.CONSUMER_KEY, sandbox.CONSUMER_SECRET       # an app of it; box.etrade.token()
                                      # is what its sign-in leaves behind
        box.exchange.set_price("AAPL", Decimal("249.50"))   # or box.tick(): one step of every walk
        box.exchange.liquidity["AAPL"] = Decimal(3)         # at most 3 a pass: partial fills
        box.exchange.submit(box.paper, Ticket(...)); box.exchange.work()   # placed elsewhere
        box.exchange.events           # everything that happened, the truth to compare with
        box.faults.add("timeout_after", method="POST", path="/v2/orders")  # see docs/sandbox.md
        await box.inflict("outage", seconds=2)       # the same by name, and what happens at once
        box.control.url               # all that over HTTP, under /_sandbox/
        box.log.matching("POST", "/v2/orders")              # requests received

An order meets the market when it arrives (right after the HTTP answer) and whenever prices move.
Prices stand still unless they are moved, or `tick_interval` is given; `demo=True` fills the books.
"""

from sandbox.serving import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    LIVE_KEY,
    LIVE_SECRET,
    PAPER_KEY,
    PAPER_SECRET,
    Sandbox,
    serve,
)

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CONSUMER_KEY",
    "CONSUMER_SECRET",
    "LIVE_KEY",
    "LIVE_SECRET",
    "PAPER_KEY",
    "PAPER_SECRET",
    "Sandbox",
    "serve",
]
