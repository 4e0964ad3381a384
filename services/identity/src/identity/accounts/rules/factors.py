"""Methods of signing in, and how strong they are together."""

from collections.abc import Iterable

EMAIL = "email"
PASSWORD = "password"  # noqa: S105 - the name of a method
PASSKEY = "passkey"
AUTHENTICATOR = "totp"
RECOVERY = "recovery"
SMS = "text"
"""A code sent by SMS to the account's phone number."""
UPSTREAM = "upstream"
UPSTREAM_TWO = "upstream-two-factors"
"""By another provider, which says that it checked two factors."""

ONE_FACTOR = "Cl"
TWO_FACTORS = "Cl.Cm"
_FIRST = frozenset({EMAIL, PASSWORD, UPSTREAM})
_SECOND = frozenset({AUTHENTICATOR, RECOVERY, SMS})
_ENOUGH_ALONE = frozenset({PASSKEY, UPSTREAM_TWO})
OWN = frozenset({EMAIL, PASSWORD, PASSKEY, AUTHENTICATOR, RECOVERY, SMS})
"""Methods of the account itself, which count at every council."""


def level(methods: Iterable[str]) -> str:
    """Tell how strong methods are: ``Cl.Cm`` for two factors or a passkey, else ``Cl``.

    A passkey is a device and what unlocks it. A code by e-mail and a password are of the same kind: somebody
    who reads the e-mails can replace the password.
    """
    used = frozenset(methods)
    two = used & _ENOUGH_ALONE or (used & _FIRST and used & _SECOND)
    return TWO_FACTORS if two else ONE_FACTOR


def is_complete(methods: Iterable[str], *, has_second: bool) -> bool:
    """Tell whether methods sign somebody in. An account with a second step always needs it."""
    used = frozenset(methods)
    return level(used) == TWO_FACTORS or (bool(used & _FIRST) and not has_second)
