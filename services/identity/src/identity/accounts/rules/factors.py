"""Ways to sign in, and how sure they make us."""

from collections.abc import Iterable

EMAIL = "email"
PASSWORD = "password"  # noqa: S105 - the name of a method
PASSKEY = "passkey"
AUTHENTICATOR = "totp"
RECOVERY = "recovery"
TEXT = "text"
"""A code sent to the phone that the account chose for it."""
UPSTREAM = "upstream"
UPSTREAM_TWO = "upstream-two-factors"
"""By another provider, which says that it saw two factors."""

ONE_FACTOR = "Cl"
TWO_FACTORS = "Cl.Cm"
_FIRST = frozenset({EMAIL, PASSWORD, UPSTREAM})
_SECOND = frozenset({AUTHENTICATOR, RECOVERY, TEXT})
_ENOUGH_ALONE = frozenset({PASSKEY, UPSTREAM_TWO})


def level(methods: Iterable[str]) -> str:
    """``Cl.Cm`` for two factors, or a passkey, which is a device and what unlocks it; else ``Cl``.

    Code and password are both of the first kind: whoever reads the mail can have a password forgotten.
    """
    shown = frozenset(methods)
    two = shown & _ENOUGH_ALONE or (shown & _FIRST and shown & _SECOND)
    return TWO_FACTORS if two else ONE_FACTOR


def complete(methods: Iterable[str], *, has_second: bool) -> bool:
    """Whether these open an account. One that has a second step is never opened without it."""
    shown = frozenset(methods)
    return level(shown) == TWO_FACTORS or (bool(shown & _FIRST) and not has_second)
