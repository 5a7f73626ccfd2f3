"""Interactive Brokers: the TWS wire of the Gateway, and the Flex Web Service."""
