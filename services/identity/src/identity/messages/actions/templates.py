"""The text of a letter: plain, from ``letters/<template>.<language>.txt``, its first line the subject.

Text messages have no subject and lie in ``letters/texts/``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

LANGUAGES = ("en", "cy")
EMAIL = "email"
TEXT = "text"
LETTERS = Path(__file__).parents[2] / "letters"
_FOLDERS = {EMAIL: LETTERS, TEXT: LETTERS / "texts"}
_BLANKS = re.compile(r"\s+")
_LONGEST = 500  # characters of one value


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, or a text message, as it is sent."""

    subject: str
    body: str


@cache
def templates(channel: str = EMAIL) -> frozenset[str]:
    """The names of the letters there are."""
    return frozenset(path.name.partition(".")[0] for path in _FOLDERS[channel].glob("*.txt"))


@cache
def template(name: str, language: str, channel: str = EMAIL) -> tuple[Template, Template]:
    """Subject and body. KeyError when there is none."""
    if name not in templates(channel) or language not in LANGUAGES:
        raise KeyError(f"there is no letter {name} in {language}")
    whole = (_FOLDERS[channel] / f"{name}.{language}.txt").read_text()
    if channel == TEXT:
        return Template(""), Template(whole.rstrip())
    subject, _, body = whole.partition("\n\n")
    return Template(subject), Template(body)


def placeholders(name: str, language: str, channel: str = EMAIL) -> set[str]:
    """The values a letter needs."""
    return {found for part in template(name, language, channel) for found in part.get_identifiers()}


def write(name: str, language: str, values: Mapping[str, str], channel: str = EMAIL) -> Letter:
    """Fill it in. A value is one line: it cannot add a header or pretend to be our own text below."""
    needed = placeholders(name, language, channel)
    if needed != set(values):
        raise KeyError(f"{name} needs {sorted(needed)}, not {sorted(values)}")
    lines = {key: _BLANKS.sub(" ", value).strip()[:_LONGEST] for key, value in values.items()}
    subject, body = template(name, language, channel)
    return Letter(subject.substitute(lines), body.substitute(lines))
