"""Which passwords are accepted: long ones that are hard to guess (NIST SP 800-63B-4, NCSC)."""

import unicodedata

MIN_LENGTH = 12
MAX_LENGTH = 128
_CHECKED = 72  # characters zxcvbn reads
_GUESSES = 10**8
"""The guesses an attacker makes first, with a list of leaked passwords and rules to vary them."""


def normalise(password: str) -> str:
    """Normalise a password before it is hashed: keyboards compose letters differently."""
    return unicodedata.normalize("NFKC", password)


def is_too_common(password: str, *personal_data: str) -> bool:
    """Tell whether a password is known, or made of known ones, of patterns or of the person's own data.

    It takes some milliseconds of CPU: call it outside the event loop.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - 13 MB of lists, which few processes need

    estimate = zxcvbn(password[:_CHECKED], user_inputs=["townhall", "council", *personal_data])
    return float(estimate["guesses"]) < _GUESSES
