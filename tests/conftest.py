"""What all tests share: a PostgreSQL when they ask for one, and no way out of this machine."""

import ipaddress
import sys

from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.databases"]

# How long an example takes says how busy the machine is, nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

_NAMES = {"localhost", ""}


def _stay_here(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse every connection that would leave loopback, whoever opens it."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple) or address[0] in _NAMES:
        return
    if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise PermissionError(f"a test tried to reach {address[0]}")


sys.addaudithook(_stay_here)
