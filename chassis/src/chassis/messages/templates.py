"""Templates of e-mails and SMS: plain files in English and Welsh, owned by the service that sends them.

``emails/<template>.<language>.txt`` begins with the subject and an empty line; ``sms/`` has no subjects. Both
lie in the service's package or in its domains.
"""

import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from string import Template

LANGUAGES = ("en", "cy")
_FILE = re.compile(r"([a-z0-9][a-z0-9-]{0,59})\.(en|cy)\.txt")
# White space, control characters, and those that turn the direction of what follows.
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_MAX_VALUE = 500  # characters
_MAX_LINES = 100
Personalisation = Mapping[str, str | Sequence[str]]


class Channel(StrEnum):
    """By what a message goes."""

    EMAIL = "email"
    SMS = "sms"


_FOLDERS = {Channel.EMAIL: "emails", Channel.SMS: "sms"}


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail or an SMS as it is sent; an SMS has no subject."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Text:
    """A template in one language."""

    subject: Template
    body: Template
    placeholders: frozenset[str]


class Templates:
    """The templates of one package. They are read at first use."""

    def __init__(self, package: str) -> None:
        self._package = package

    @cached_property
    def _texts(self) -> dict[tuple[Channel, str, str], _Text]:
        """Read every file, by channel, name and language. Raises ValueError for one that is none."""
        spec = importlib.util.find_spec(self._package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"there is no package {self._package}")
        texts: dict[tuple[Channel, str, str], _Text] = {}
        for channel, folder in _FOLDERS.items():
            for path in sorted(Path(spec.origin).parent.glob(f"**/{folder}/*")):
                match = _FILE.fullmatch(path.name)
                if match is None:
                    raise ValueError(f"{path}: a template is called NAME.en.txt or NAME.cy.txt")
                if (key := (channel, match[1], match[2])) in texts:
                    raise ValueError(f"{path}: there are two templates of this name")
                texts[key] = _read(path, channel)
        return texts

    def check(self) -> None:
        """Check that each template is in both languages with the same placeholders. Raises ValueError."""
        for channel in Channel:
            for name in self.list_names(channel):
                for language in LANGUAGES:
                    if (channel, name, language) not in self._texts:
                        raise ValueError(f"{self._package}: {channel} template {name} is not in {language}")
                english, welsh = (self.list_placeholders(channel, name, tag) for tag in LANGUAGES)
                if english != welsh:
                    raise ValueError(
                        f"{self._package}: {channel} template {name} has other placeholders in Welsh:"
                        f" {sorted(english ^ welsh)}"
                    )

    def list_names(self, channel: Channel) -> frozenset[str]:
        """List the names of a channel's templates."""
        return frozenset(name for at, name, _ in self._texts if at == channel)

    def list_placeholders(self, channel: Channel, name: str, language: str) -> frozenset[str]:
        """List the values that a template needs. Raises KeyError when there is no such template."""
        return self._get(channel, name, language).placeholders

    def _get(self, channel: Channel, name: str, language: str) -> _Text:
        try:
            return self._texts[channel, name, language]
        except KeyError:
            raise KeyError(f"{self._package} has no {channel} template {name} in {language}") from None

    def render(self, channel: Channel, name: str, language: str, values: Personalisation) -> Message:
        """Render a template. Raises KeyError for one that does not exist, a missing or a surplus value.

        Each value becomes one line, so it can add no header and no paragraph of its own. A list becomes a
        line for each of its texts, in a body only.
        """
        template = self._get(channel, name, language)
        if template.placeholders != set(values):
            raise KeyError(f"{name} needs {sorted(template.placeholders)}, not {sorted(values)}")
        texts = {key: _write_value(value) for key, value in values.items()}
        subject = _BLANKS.sub(" ", template.subject.substitute(texts))
        return Message(subject, template.body.substitute(texts))


def _write_value(value: str | Sequence[str]) -> str:
    lines = [value] if isinstance(value, str) else value[:_MAX_LINES]
    return "\n".join(_BLANKS.sub(" ", line).strip()[:_MAX_VALUE] for line in lines)


def _read(path: Path, channel: Channel) -> _Text:
    content = path.read_text(encoding="utf-8")
    subject, separator, body = ("", "\n\n", content.rstrip())
    if channel is Channel.EMAIL:
        subject, separator, body = content.partition("\n\n")
    parts = Template(subject), Template(body)
    if not all(part.is_valid() for part in parts):
        raise ValueError(f"{path}: a $ is written $$, a placeholder $name")
    if not (separator and body.strip()) or "\n" in subject or (channel is Channel.EMAIL and not subject):
        raise ValueError(f"{path}: an e-mail is a line of subject, an empty line and a body")
    return _Text(*parts, frozenset(name for part in parts for name in part.get_identifiers()))
