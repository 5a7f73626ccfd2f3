"""Brokers on loopback that speak the real wire, one matching exchange behind them.

    async with sandbox.serve(seed=1) as box:
        box.alpaca.paper.url          # "http://127.0.0.1:49152", likewise .live
        # websocket: box.alpaca.paper.url.replace("http", "ws") + "/stream"
        sandbox.PAPER_KEY, sandbox.PAPER_SECRET      # open box.paper (an Account with 100,000 USD)
        sandbox.LIVE_KEY, sandbox.LIVE_SECRET        # open box.live
        box.alpaca.account("PK2", "secret", "paper") # another account and its key
        box.exchange.set_price("AAPL", Decimal("249.50"))   # or box.tick(): one step of every walk
        box.exchange.liquidity["AAPL"] = Decimal(3)         # at most 3 a pass: partial fills
        box.exchange.submit(box.paper, Ticket(...)); box.exchange.work()   # placed elsewhere
        box.exchange.events           # everything that happened, the truth to compare with
        box.faults.add("timeout_after", method="POST", path="/v2/orders")  # see sandbox/faults.py
        box.log.matching("POST", "/v2/orders")              # requests received

An order meets the market when it arrives (right after the HTTP answer) and whenever prices move.
Prices stand still unless they are moved, or `tick_interval` is given.
"""

from sandbox.serving import LIVE_KEY, LIVE_SECRET, PAPER_KEY, PAPER_SECRET, Sandbox, serve

__all__ = ["LIVE_KEY", "LIVE_SECRET", "PAPER_KEY", "PAPER_SECRET", "Sandbox", "serve"]
