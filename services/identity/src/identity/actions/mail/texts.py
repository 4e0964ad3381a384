"""The text of a letter: plain, from ``letters/<template>.<language>.txt``, its first line the subject."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

LANGUAGES = ("en", "cy")
LETTERS = Path(__file__).parents[2] / "letters"
_BLANKS = re.compile(r"\s+")
_LONGEST = 500  # characters of one value


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is sent."""

    subject: str
    body: str


@cache
def templates() -> frozenset[str]:
    """The names of the letters there are."""
    return frozenset(path.name.partition(".")[0] for path in LETTERS.glob("*.txt"))


@cache
def template(name: str, language: str) -> tuple[Template, Template]:
    """Subject and body. KeyError when there is none."""
    if name not in templates() or language not in LANGUAGES:
        raise KeyError(f"there is no letter {name} in {language}")
    subject, _, body = (LETTERS / f"{name}.{language}.txt").read_text().partition("\n\n")
    return Template(subject), Template(body)


def placeholders(name: str, language: str) -> set[str]:
    """The values a letter needs."""
    return {found for part in template(name, language) for found in part.get_identifiers()}


def write(name: str, language: str, values: Mapping[str, str]) -> Letter:
    """Fill it in. A value is one line: it cannot add a header or pretend to be our own text below."""
    if placeholders(name, language) != set(values):
        raise KeyError(f"{name} needs {sorted(placeholders(name, language))}, not {sorted(values)}")
    lines = {key: _BLANKS.sub(" ", value).strip()[:_LONGEST] for key, value in values.items()}
    subject, body = template(name, language)
    return Letter(subject.substitute(lines), body.substitute(lines))
