"""Where requests come from, as far as it tells one guesser from another."""

from ipaddress import IPv6Address, ip_address, ip_network


def neighbourhood(address: str) -> str:
    """The addresses that one guesser has for free: an IPv6 network of 64 bits, one IPv4 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
