"""English and Welsh: texts are in English where they are used, and in Welsh in ``locale/cy.po``."""

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

from chassis.web.browsers import cookie_name, set_cookie

Language = Literal["en", "cy"]
NAMES: dict[Language, str] = {"en": "English", "cy": "Cymraeg"}
COOKIE = "townhall-language"
_COOKIE_AGE = 365 * 86_400  # seconds
_MAX_ACCEPTED = 10  # languages read from one Accept-Language header


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged; a page translates it."""
    return message


def choose_language(request: Request) -> Language:
    """Choose the person's language: ``?lang=``, else the cookie, else the browser's, else English."""
    chosen = request.query_params.get("lang"), request.cookies.get(cookie_name(request, COOKIE))
    for tag in (*chosen, _negotiate(request.headers.get("accept-language", ""))):
        if tag in NAMES:
            return tag
    return "en"


def remember_language(request: Request, response: Response) -> None:
    """Set the cookie of a language chosen in the address."""
    if request.query_params.get("lang") in NAMES:
        set_cookie(request, response, COOKIE, choose_language(request), _COOKIE_AGE)


def _negotiate(header: str) -> str | None:
    """Choose the better of our languages for an Accept-Language header."""
    weights = []
    for part in header.split(",")[:_MAX_ACCEPTED]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            weights.append((float(weight or 1), tag))
        except ValueError:
            continue
    preferred = [tag for weight, tag in sorted(weights, key=lambda pair: -pair[0]) if weight > 0]
    return negotiate_locale(preferred, list(NAMES), sep="-") if preferred else None


def folder_of(package: str) -> Path:
    """Find the folder of a package."""
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
    """Read the texts of the chassis and of a package in a language, once."""
    if language == "en":
        return NullTranslations()
    texts = _read(Path(__file__).parent / "locale", language)
    for folder in folders_of(package, "locale"):
        texts.merge(_read(folder, language))
    return texts


def _read(folder: Path, language: Language) -> Translations:
    """Read the catalogues of a language: ``cy.po`` and, for many texts, ``cy.<subject>.po``."""
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
    """Translate a marked text and fill in its ``%(name)s``."""
    text = str(catalogue(package, language).ugettext(message))
    return text % values if values else text
