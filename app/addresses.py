"""Addresses: which of them stay on this machine, and which nobody on the way can read."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host name or address cannot leave this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what goes to this address."""
    parts = urlsplit(url)
    return parts.scheme in {"https", "wss"} or is_loopback(parts.hostname or "")
