"""Which addresses of the network we call on somebody else's word: public ones, plainly written."""

from ipaddress import IPv6Address, IPv6Network, ip_address

# An IPv4 address in the dress of an IPv6 one would lead past what is refused: RFC 6052, RFC 8215.
_TRANSLATION_PREFIXES = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def is_public(text: str) -> bool:
    """Whether an address leads out into the internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and _embeds_ipv4(address):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_loopback(text: str) -> bool:
    """Whether an address is this very machine's."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _embeds_ipv4(address: IPv6Address) -> bool:
    carried = (address.ipv4_mapped, address.sixtofour, address.teredo)
    return any(one is not None for one in carried) or any(
        address in network for network in _TRANSLATION_PREFIXES
    )
