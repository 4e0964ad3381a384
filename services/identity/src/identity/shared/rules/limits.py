"""Rate limits of sign-in: how often something may be tried in a sliding window."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` times in ``seconds``. ``name`` is part of the key under which attempts are counted."""

    name: str
    most: int
    seconds: int


# Codes: five tries each, so an account meets at most 30 guesses an hour at one of a million.
CODES_FOR_ADDRESS = Limit("codes for an address", 6, 3_600)
PASSWORDS_FOR_ADDRESS = Limit("passwords for an address", 10, 900)
SECOND_FOR_ACCOUNT = Limit("second factors for an account", 10, 900)
# A browser in which the account was used before has a limit of its own: nobody else can use it up.
CODES_IN_KNOWN = Limit("codes in a known browser", 10, 3_600)
PASSWORDS_IN_KNOWN = Limit("passwords in a known browser", 10, 900)
SECOND_IN_KNOWN = Limit("second factors in a known browser", 10, 900)
# A library or an office is one network, so these are high.
CODES_FROM_NETWORK = Limit("codes from a network", 60, 3_600)
PASSWORDS_FROM_NETWORK = Limit("passwords from a network", 100, 900)
PASSKEYS_FROM_NETWORK = Limit("passkeys from a network", 100, 900)
# Each SMS costs money. Limits by account bound what one person can spend, by number whom they can bother.
SMS_FOR_ACCOUNT = Limit("SMS for an account", 5, 900)
SMS_FOR_ACCOUNT_A_DAY = Limit("SMS for an account a day", 15, 86_400)
SMS_IN_KNOWN = Limit("SMS in a known browser", 5, 900)
SMS_IN_KNOWN_A_DAY = Limit("SMS in a known browser a day", 15, 86_400)
SMS_TO_NUMBER = Limit("SMS to a number", 5, 3_600)
SMS_TO_NUMBER_A_DAY = Limit("SMS to a number a day", 10, 86_400)
SMS_TO_NEIGHBOURS = Limit("SMS to a thousand numbers in a row", 20, 86_400)
SMS_FROM_NETWORK = Limit("SMS from a network", 30, 3_600)
UPSTREAM_FROM_NETWORK = Limit("upstream sign-ins from a network", 300, 900)
SIGN_INS_FOR_CLIENT = Limit("sign-ins through a client", 1_200, 60)
# An offer of a mandate sends an e-mail to an address that a person names.
OFFERS_FOR_ACCOUNT = Limit("offers of mandates of an account", 20, 86_400)
OFFERS_TO_ADDRESS = Limit("e-mails about offers to an address", 5, 86_400)
# A code of an offer is one of 2**80; this bounds the work that guessing makes.
MANDATE_CODES_FOR_ACCOUNT = Limit("codes of mandates for an account", 20, 3_600)
# A desk code is one of 2**40 and lives 15 minutes; these limits are per member of staff.
DESK_CODES_AT_ONCE = 30
DESK_CODES_A_SECOND = 1 / 30


def subscriber_network(address: str) -> str:
    """The network of one subscriber: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
