"""The texts of e-mails and text messages: plain files of the domain that sends them.

``<domain>/emails/<template>.<language>.txt`` begins with the subject; ``<domain>/sms/`` has no subjects.
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
_SERVICE = Path(__file__).parents[2]
_FOLDERS = {EMAIL: "emails", TEXT: "sms"}
_BLANKS = re.compile(r"\s+")
_LONGEST = 500  # characters of one value


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, or a text message, as it is sent."""

    subject: str
    body: str


@cache
def templates(channel: str = EMAIL) -> frozenset[str]:
    """List the names of a channel's templates."""
    return frozenset(name for name, _ in _files(channel))


@cache
def _files(channel: str) -> dict[tuple[str, str], Path]:
    """The file of each template in each language. Raises ValueError for one that two domains have."""
    files: dict[tuple[str, str], Path] = {}
    for path in _SERVICE.glob(f"*/{_FOLDERS[channel]}/*.txt"):
        name, language, _ = path.name.split(".")
        if (name, language) in files:
            raise ValueError(f"{path} and {files[name, language]} are one template")
        files[name, language] = path
    return files


@cache
def template(name: str, language: str, channel: str = EMAIL) -> tuple[Template, Template]:
    """Subject and body. KeyError when there is none."""
    if name not in templates(channel) or language not in LANGUAGES:
        raise KeyError(f"there is no letter {name} in {language}")
    whole = _files(channel)[name, language].read_text()
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
