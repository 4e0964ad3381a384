"""Which passwords are taken: long ones that nobody guesses soon (NIST SP 800-63B-4, NCSC)."""

import unicodedata

LEAST = 12
MOST = 128
_LOOKED_AT = 72  # characters zxcvbn takes
_GUESSES = 10**8
"""What a list of leaked passwords and rules on it yields first."""


def normal(password: str) -> str:
    """As it is hashed: the same however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


def too_common(password: str, *of_person: str) -> bool:
    """Whether it is on lists of known passwords, or made of such, of patterns or of the person's own data.

    Takes some milliseconds of CPU: call it outside the event loop.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - 13 MB of lists, for a worker in which somebody sets one

    found = zxcvbn(password[:_LOOKED_AT], user_inputs=["townhall", "council", *of_person])
    return float(found["guesses"]) < _GUESSES
