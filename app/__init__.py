"""The composition root: settings, access, endpoints and commands; nothing imports it."""
