"""What a limit is, and how settings write it: ``10/15min`` is ten at once, all there again in 15 minutes.

Both limiters count by GCRA (the generic cell rate algorithm, ITU-T I.371), which is a token bucket that holds
one point in time: when the whole quota is there again. ``10/15min`` lets ten through at once and then one
every 90 seconds. So ``quota`` and ``window`` mean what the ``RateLimit-Policy`` header's ``q`` and ``w`` do.
Over any window at most twice the quota passes, over a longer time the quota for each window.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_settings import NoDecode

MICROSECONDS = 1_000_000  # PostgreSQL's and Python's resolution, and whole numbers count exactly
_MAX_QUOTA = 1_000_000
_MAX_WINDOW = 31 * 86_400  # seconds
_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_TEXT = re.compile(rf"([0-9]{{1,7}})/([0-9]{{0,7}})({'|'.join(_UNITS)})")
_PREFIX = "limit_"
# NIST SP 800-63B-4, section 3.2.2: no more than 100 failed attempts in a row on one account.
_MAX_GUESSES = 100
_MIN_SECONDS_A_GUESS = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """``quota`` times at once, all there again after ``window`` seconds. Subjects are counted under ``name``.

    Raises ValueError for a quota or window out of range.
    """

    quota: int
    window: int
    name: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.quota <= _MAX_QUOTA:
            raise ValueError(f"the quota must be from 1 to {_MAX_QUOTA:,}")
        if not 1 <= self.window <= _MAX_WINDOW:
            raise ValueError(f"the window must be from 1 s to {_MAX_WINDOW // 86_400} d")

    @property
    def step(self) -> int:
        """Get the microseconds after which one more is allowed."""
        return self.window * MICROSECONDS // self.quota

    def __str__(self) -> str:
        """Write it as a setting has it."""
        unit = next(unit for unit in reversed(_UNITS) if self.window % _UNITS[unit] == 0)
        count = self.window // _UNITS[unit]
        return f"{self.quota}/{count if count > 1 else ''}{unit}"


def parse(text: str, name: str = "") -> Limit:
    """Parse a limit as settings write it. Raises ValueError."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a limit such as 10/15min; the units are {', '.join(_UNITS)}")
    quota, count, unit = match.groups()
    return Limit(int(quota), int(count or 1) * _UNITS[unit], name)


def _read_setting(value: object, info: ValidationInfo) -> object:
    name = (info.field_name or "").removeprefix(_PREFIX).replace("_", "-")
    return parse(value, name) if isinstance(value, str) else value


def _check_guesses(limit: Limit) -> Limit:
    if limit.quota > _MAX_GUESSES or limit.step < _MIN_SECONDS_A_GUESS * MICROSECONDS:
        raise ValueError(
            f"secrets could be guessed: at most {_MAX_GUESSES} at once and one every {_MIN_SECONDS_A_GUESS} s"
        )
    return limit


LimitSetting = Annotated[Limit, NoDecode, BeforeValidator(_read_setting)]
"""A setting that is a limit, named by its field: ``limit_calls_of_key`` counts as ``calls-of-key``."""
GuessLimitSetting = Annotated[LimitSetting, AfterValidator(_check_guesses)]
"""One of guesses at a secret: the operator cannot set it so high that the secret could be found."""


def limit_setting(default: str, description: str) -> Any:
    """Make the default and the description of a setting."""
    return Field(default=default, validate_default=True, description=f"{description}; {default} by default")
