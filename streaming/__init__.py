"""From the brokers to whoever watches: feeds write, the hub tells, views read."""
