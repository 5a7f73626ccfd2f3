"""Interactive Brokers: the TWS wire of the Gateway (gateway.py), and Flex statements (flex.py).

What can be done to a Gateway is told at the top of gateway.py, its quirks in habits.py, and what
the Flex Web Service offers at the top of flex.py. Contracts are listed by sandbox/world.py beside
those that every broker has.
"""
