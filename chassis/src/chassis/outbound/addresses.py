"""Network addresses that we may call for a stranger: public ones, plainly written."""

from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291: all that is assigned to the internet so far
# What Python takes for public, or did in an older version: special purposes (RFC 6890; a cloud's metadata are
# there), 6to4 relays (RFC 7526), documentation (RFC 9637), and Azure's host as its virtual machines see it.
_INSIDE = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32")))
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: the last 32 bits are an IPv4 address


def is_public(text: str) -> bool:
    """Whether an address is on the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and not _is_plain_unicast(address):
        return False
    if address.is_multicast or address.is_reserved or any(address in network for network in _INSIDE):
        return False
    return address.is_global


def is_loopback(text: str) -> bool:
    """Whether an address is this machine's."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _is_plain_unicast(address: IPv6Address) -> bool:
    """Whether an IPv6 address is ordinary, with no IPv4 address in it that would evade the check."""
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    is_isatap = (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP
    return address.sixtofour is None and address.teredo is None and not is_isatap
