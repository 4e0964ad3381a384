"""Finds texts without a Welsh translation, for the tests of every service with pages."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from chassis.web.languages import folder_of, folders_of

_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "gettext_noop": None}
_TAGS = re.compile(r"<[^>]*>|&\w+;", re.DOTALL)
_ENGLISH_ONLY = "{# English only"  # pages for staff
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLACEHOLDER = re.compile(r"%\(\w+\)s")


def find_missing_translations(package: str) -> list[str]:
    """List the faults of a package's Welsh: missing translations, other placeholders, unmarked texts."""
    folder = folder_of(package)
    welsh = _read_welsh(Path(__file__).parent / "locale")
    for locale in folders_of(package, "locale"):
        welsh |= _read_welsh(locale)
    faults = [
        f"{place}: no Welsh for {text!r}" for place, text in _find_marked(folder) if not welsh.get(text)
    ]
    for english, translation in welsh.items():
        if sorted(_PLACEHOLDER.findall(english)) != sorted(_PLACEHOLDER.findall(translation)):
            faults.append(f"other placeholders in the Welsh of {english!r}")
    return faults + list(_find_unmarked(folder))


def _read_welsh(folder: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("cy*.po")):
        with path.open("rb") as file:
            texts |= dict(_list_pairs(read_po(file, locale="cy")))
    return texts


def _list_pairs(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, list | tuple):  # every plural form needs a translation
            forms = list(message.string or ())
            yield message.id[0], forms[-1] if all(forms) else ""
        else:
            yield message.id, str(message.string)


def _find_marked(folder: Path) -> Iterator[tuple[str, str]]:
    options = {"**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trimmed": "false"}}
    for name, line, text, _, _ in extract_from_dir(str(folder), _METHODS, options, _KEYWORDS):
        yield f"{name}:{line}", text if isinstance(text, str) else text[0]


def _find_unmarked(folder: Path) -> Iterator[str]:
    """Find words in a template outside ``{{ }}`` and tags: they would stay English."""
    lexer = Environment(autoescape=True)
    for path in sorted(folder.rglob("*.html")):
        if path.read_text().startswith(_ENGLISH_ONLY):
            continue
        words = "".join(text for _, kind, text in lexer.lex(path.read_text()) if kind == "data")
        for line in _TAGS.sub("\n", words).splitlines():
            if _WORD.search(line):
                yield f"{path.name}: not marked for translation: {line.strip()!r}"
