"""English and Welsh. Texts are written in English where they are used; ``locale/cy.po`` has their Welsh."""

import importlib.util
import io
from functools import cache
from pathlib import Path
from typing import Literal

from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request, Response

from chassis.web.browsers import secure_cookie, set_cookie

Language = Literal["en", "cy"]
NAMES: dict[Language, str] = {"en": "English", "cy": "Cymraeg"}
COOKIE = "townhall-language"
_A_YEAR = 365 * 86_400
_MOST = 10  # languages of one Accept-Language header that are looked at


def say(message: str) -> str:
    """Marks a text in Python for translation and answers it unchanged; a page translates it."""
    return message


def language_of(request: Request) -> Language:
    """What the person chose (``?lang=``, then the cookie), else what the browser prefers, else English."""
    chosen = request.query_params.get("lang"), request.cookies.get(secure_cookie(request, COOKIE))
    for tag in (*chosen, _accepted(request.headers.get("accept-language", ""))):
        if tag in NAMES:
            return tag
    return "en"


def remember_language(request: Request, response: Response) -> None:
    """Keep a choice that stands in the address."""
    if request.query_params.get("lang") in NAMES:
        set_cookie(request, response, COOKIE, language_of(request), _A_YEAR)


def _accepted(header: str) -> str | None:
    """The better of our languages for an Accept-Language header."""
    weighed = []
    for part in header.split(",")[:_MOST]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((float(weight or 1), tag))
        except ValueError:
            continue
    preferred = [tag for weight, tag in sorted(weighed, key=lambda one: -one[0]) if weight > 0]
    return negotiate_locale(preferred, list(NAMES), sep="-") if preferred else None


def folder_of(package: str) -> Path:
    """Where a package lies."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"there is no package {package}")
    return Path(spec.origin).parent


def folders_of(package: str, name: str) -> list[Path]:
    """List the folders called ``name`` of a package: its own, and those of its domains."""
    folder = folder_of(package)
    return [path for path in (folder / name, *sorted(folder.glob(f"*/{name}"))) if path.is_dir()]


@cache
def catalogue(package: str, language: Language) -> NullTranslations:
    """The texts of the chassis and of a package in a language, read once."""
    if language == "en":
        return NullTranslations()
    texts = _read(Path(__file__).parent / "locale", language)
    for folder in folders_of(package, "locale"):
        texts.merge(_read(folder, language))
    return texts


def _read(folder: Path, language: Language) -> Translations:
    """Every catalogue of a language: ``cy.po`` and, where there are many texts, ``cy.<subject>.po``."""
    catalog = Catalog(locale=language)
    for path in sorted(folder.glob(f"{language}*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                catalog[message.id] = message
    binary = io.BytesIO()
    write_mo(binary, catalog)
    binary.seek(0)
    return Translations(binary, domain="messages")


def translate(package: str, language: Language, message: str, **values: object) -> str:
    """A marked text in a language, its ``%(name)s`` filled."""
    found = str(catalogue(package, language).ugettext(message))
    return found % values if values else found
