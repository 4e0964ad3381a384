"""Templates of e-mails and SMS: plain files that lie in the domain that sends them.

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
SMS = "text"
"""The channels, as the table spells them."""
_SERVICE = Path(__file__).parents[2]
_FOLDERS = {EMAIL: "emails", SMS: "sms"}
_BLANKS = re.compile(r"\s+")
_MAX_VALUE = 500  # characters


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail or an SMS as it is sent; an SMS has no subject."""

    subject: str
    body: str


@cache
def list_templates(channel: str = EMAIL) -> frozenset[str]:
    """List the names of a channel's templates."""
    return frozenset(name for name, _ in _find_files(channel))


@cache
def _find_files(channel: str) -> dict[tuple[str, str], Path]:
    """Map (template, language) to its file. Raises ValueError when two domains have the same template."""
    files: dict[tuple[str, str], Path] = {}
    for path in _SERVICE.glob(f"*/{_FOLDERS[channel]}/*.txt"):
        name, language, _ = path.name.split(".")
        if (name, language) in files:
            raise ValueError(f"{path} and {files[name, language]} are one template")
        files[name, language] = path
    return files


@cache
def _load(name: str, language: str, channel: str) -> tuple[Template, Template]:
    """Load a template's subject and body. Raises KeyError when there is none."""
    if name not in list_templates(channel) or language not in LANGUAGES:
        raise KeyError(f"there is no {channel} template {name} in {language}")
    content = _find_files(channel)[name, language].read_text()
    if channel == SMS:
        return Template(""), Template(content.rstrip())
    subject, _, body = content.partition("\n\n")
    return Template(subject), Template(body)


def list_placeholders(name: str, language: str, channel: str = EMAIL) -> set[str]:
    """List the values that a template needs."""
    return {name for part in _load(name, language, channel) for name in part.get_identifiers()}


def render(name: str, language: str, values: Mapping[str, str], channel: str = EMAIL) -> Message:
    """Render a template. Each value becomes one line, so it can add no header and no paragraph of its own."""
    placeholders = list_placeholders(name, language, channel)
    if placeholders != set(values):
        raise KeyError(f"{name} needs {sorted(placeholders)}, not {sorted(values)}")
    lines = {key: _BLANKS.sub(" ", value).strip()[:_MAX_VALUE] for key, value in values.items()}
    subject, body = _load(name, language, channel)
    return Message(subject.substitute(lines), body.substitute(lines))
