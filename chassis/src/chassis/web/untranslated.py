"""Finds texts without Welsh, for every service's tests: ``assert untranslated("identity") == []``."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from chassis.web.languages import folder_of, folders_of

_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None}
_TAGS = re.compile(r"<[^>]*>|&\w+;", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLACE = re.compile(r"%\(\w+\)s")


def untranslated(package: str) -> list[str]:
    """What is wrong with a package's Welsh: texts without it, places that differ, texts nobody marked."""
    folder = folder_of(package)
    welsh = _welsh(Path(__file__).parent / "locale")
    for locale in folders_of(package, "locale"):
        welsh |= _welsh(locale)
    found = [f"{place}: no Welsh for {text!r}" for place, text in _marked(folder) if not welsh.get(text)]
    for english, translation in welsh.items():
        if sorted(_PLACE.findall(english)) != sorted(_PLACE.findall(translation)):
            found.append(f"other places in the Welsh of {english!r}")
    return found + list(_unmarked(folder))


def _welsh(folder: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("cy*.po")):
        with path.open("rb") as file:
            texts |= dict(_pairs(read_po(file, locale="cy")))
    return texts


def _pairs(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, list | tuple):  # of a plural's forms every one is needed
            forms = list(message.string or ())
            yield message.id[0], forms[-1] if all(forms) else ""
        else:
            yield message.id, str(message.string)


def _marked(folder: Path) -> Iterator[tuple[str, str]]:
    options = {"**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trimmed": "false"}}
    for name, line, text, _, _ in extract_from_dir(str(folder), _METHODS, options, _KEYWORDS):
        yield f"{name}:{line}", text if isinstance(text, str) else text[0]


def _unmarked(folder: Path) -> Iterator[str]:
    """Words in a template outside ``{{ }}`` and tags: they would stay English."""
    lexer = Environment(autoescape=True)
    for path in sorted(folder.rglob("*.html")):
        words = "".join(text for _, kind, text in lexer.lex(path.read_text()) if kind == "data")
        for left in _TAGS.sub("\n", words).splitlines():
            if _WORD.search(left):
                yield f"{path.name}: not marked for translation: {left.strip()!r}"
