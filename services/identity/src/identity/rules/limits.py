"""How often what may be tried: sliding windows."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` times in ``seconds``."""

    name: str
    most: int
    seconds: int


# Codes: five tries each, so an account meets at most 30 guesses an hour at one of a million.
CODES_FOR_ADDRESS = Limit("codes for an address", 6, 3_600)
PASSWORDS_FOR_ADDRESS = Limit("passwords for an address", 10, 900)
SECOND_FOR_ACCOUNT = Limit("second factors for an account", 10, 900)
# Browsers in which the account was used before are counted each for itself: nobody else uses these up.
CODES_IN_KNOWN = Limit("codes in a known browser", 10, 3_600)
PASSWORDS_IN_KNOWN = Limit("passwords in a known browser", 10, 900)
SECOND_IN_KNOWN = Limit("second factors in a known browser", 10, 900)
# A library or an office is one network, so these are wide.
CODES_FROM_NETWORK = Limit("codes from a network", 60, 3_600)
PASSWORDS_FROM_NETWORK = Limit("passwords from a network", 100, 900)
PASSKEYS_FROM_NETWORK = Limit("passkeys from a network", 100, 900)
THROUGH_CLIENT = Limit("sign-ins through a client", 1_200, 60)


def network(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
