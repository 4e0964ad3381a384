"""The network of one subscriber, which is what limits by client address count."""

import ipaddress

from fastapi import Request

_SUBSCRIBER_V6 = 64  # bits: a subscriber has at least so much, with 2**64 addresses in it


def network_of(request: Request) -> str:
    """Get the network a request comes from.

    Behind the gateway this needs ``FORWARDED_ALLOW_IPS``; without it all clients count as one.
    """
    return subscriber_network(request.client.host if request.client else "")


def subscriber_network(address: str) -> str:
    """Get the network of one subscriber: an IPv4 address, or the /64 of an IPv6 address.

    What is no address is ``unknown``, so that nonsense has one quota and not one for each spelling.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _SUBSCRIBER_V6), strict=False))
