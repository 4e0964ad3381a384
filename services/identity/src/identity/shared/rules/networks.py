"""Network addresses that we may call for a client: public ones, plainly written."""

from ipaddress import IPv6Address, IPv6Network, ip_address

# An IPv4 address embedded in an IPv6 one would evade the check: RFC 6052, RFC 8215.
_TRANSLATION_PREFIXES = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def is_public(text: str) -> bool:
    """Whether an address is on the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and _embeds_ipv4(address):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_loopback(text: str) -> bool:
    """Whether an address is this machine's."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _embeds_ipv4(address: IPv6Address) -> bool:
    embedded = (address.ipv4_mapped, address.sixtofour, address.teredo)
    return any(embedded_address is not None for embedded_address in embedded) or any(
        address in network for network in _TRANSLATION_PREFIXES
    )
