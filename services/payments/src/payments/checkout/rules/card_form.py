"""Read the form of the card page. A card's number and CVC are looked at here and kept nowhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from payments.checkout.rules.countries import UNITED_KINGDOM
from payments.shared.card_numbers import has_card_number
from payments.shared.sandbox_cards import ACCEPTED, NOT_TAKEN, SandboxCard

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]")
_MAILBOX = r"""[^\s\x00-\x1f\x7f-\x9f<>()\[\]\\,;:"@]"""  # what chassis.messages can send to
_EMAIL = re.compile(rf"{_MAILBOX}{{1,64}}@(?=.{{1,189}}$){_MAILBOX}+")
_DOMAIN = re.compile(r"[^.]+(\.[^.]+)+")
_UK_POSTCODE = re.compile(r"GIR0AA|[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", re.IGNORECASE)
_HAVE_UK_POSTCODES = {UNITED_KINGDOM, "GG", "IM", "JE"}
_MONTHS = 12
_MAX_YEARS = 20
_CENTURY = 100
_NUMBER_LENGTHS = range(12, 20)
MAX_TEXT = 255
MAX_POSTCODE = 25
MAX_EMAIL = 254


class Wrong(StrEnum):
    """What can be wrong with a field."""

    ENTER_NUMBER = "enter-number"
    ODD_NUMBER = "odd-number"
    NOT_TEST = "not-test"
    BRAND = "brand"
    ENTER_EXPIRY = "enter-expiry"
    PAST_EXPIRY = "past-expiry"
    ENTER_NAME = "enter-name"
    HAS_NUMBER = "has-number"
    TOO_LONG = "too-long"
    ENTER_CVC = "enter-cvc"
    ODD_CVC = "odd-cvc"
    ENTER_LINE = "enter-line"
    ENTER_CITY = "enter-city"
    ENTER_POSTCODE = "enter-postcode"
    ODD_POSTCODE = "odd-postcode"
    ENTER_COUNTRY = "enter-country"
    ENTER_EMAIL = "enter-email"


class Fault(NamedTuple):
    """What is wrong with a field, and values for its message."""

    wrong: Wrong
    values: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class CardForm:
    """The form as it was sent. Its repr shows nothing."""

    number: str
    expiry_month: str
    expiry_year: str
    name: str
    cvc: str
    line1: str = ""
    line2: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    email: str = ""

    def __repr__(self) -> str:
        return "CardForm(...)"


class PayerDetails(NamedTuple):
    """What may be kept of the form."""

    cardholder_name: str
    billing_address: dict[str, str]
    email: str
    expiry_date: str


def read_card(form: CardForm) -> SandboxCard | Fault:
    """Find the test card of a number."""
    number = _SEPARATORS.sub("", form.number)
    if not number:
        return Fault(Wrong.ENTER_NUMBER)
    if not (number.isascii() and number.isdigit() and len(number) in _NUMBER_LENGTHS):
        return Fault(Wrong.ODD_NUMBER)
    card = ACCEPTED.get(number)
    if card is None:
        return Fault(Wrong.NOT_TEST)
    return Fault(Wrong.BRAND) if card.name == NOT_TAKEN else card


def check_card(form: CardForm, today: date) -> dict[str, Fault]:
    """Return what is wrong with each field of the card itself, in the order of the page."""
    card = read_card(form)
    faults = {
        "card-no": card if isinstance(card, Fault) else None,
        "expiry-month": _check_expiry(form, today),
        "cardholder-name": _check_name(form.name),
        "cvc": _check_cvc(form.cvc, card),
    }
    return {name: fault for name, fault in faults.items() if fault is not None}


def check(form: CardForm, today: date, countries: Mapping[str, str]) -> dict[str, Fault]:
    """Return what is wrong with each field, in the order of the page."""
    faults = {
        **check_card(form, today),
        "address-country": None if form.country in countries else Fault(Wrong.ENTER_COUNTRY),
        "address-line-1": _check_text(form.line1) or _require(form.line1, Wrong.ENTER_LINE),
        "address-line-2": _check_text(form.line2),
        "address-city": _check_text(form.city) or _require(form.city, Wrong.ENTER_CITY),
        "address-postcode": _check_postcode(form.postcode, form.country),
        "email": _check_email(form.email),
    }
    return {name: fault for name, fault in faults.items() if fault is not None}


def read_payer(form: CardForm) -> PayerDetails:
    """Return what is kept of a form without faults."""
    address = {
        "line1": form.line1,
        "line2": form.line2,
        "city": form.city,
        "postcode": form.postcode,
        "country": form.country,
    }
    month, year = int(form.expiry_month), int(form.expiry_year) % _CENTURY
    lines = {name: text for name, text in address.items() if text}
    return PayerDetails(form.name, lines, form.email, f"{month:02}/{year:02}")


def _check_expiry(form: CardForm, today: date) -> Fault | None:
    month, year = form.expiry_month, form.expiry_year
    if not (_is_number(month, 2) and (_is_number(year, 2, 2) or _is_number(year, 4, 4))):
        return Fault(Wrong.ENTER_EXPIRY)
    full_year = int(year) if len(year) > 2 else today.year // _CENTURY * _CENTURY + int(year)  # noqa: PLR2004
    if not 1 <= int(month) <= _MONTHS or full_year > today.year + _MAX_YEARS:
        return Fault(Wrong.ENTER_EXPIRY)
    if (full_year, int(month)) < (today.year, today.month):
        return Fault(Wrong.PAST_EXPIRY)
    return None


def hides_number(text: str) -> bool:
    """Check whether a text has a card number, which must be neither kept nor shown again."""
    return has_card_number(text) or any(number in _SEPARATORS.sub("", text) for number in ACCEPTED)


def _check_name(name: str) -> Fault | None:
    digits = sum(character.isdigit() for character in name)
    if digits >= _NUMBER_LENGTHS.start:
        return Fault(Wrong.HAS_NUMBER)
    return _check_text(name) or _require(name, Wrong.ENTER_NAME)


def _check_cvc(cvc: str, card: SandboxCard | Fault) -> Fault | None:
    if not cvc:
        return Fault(Wrong.ENTER_CVC)
    lengths = (3, 4) if isinstance(card, Fault) else (card.cvc_length,)
    if not (cvc.isascii() and cvc.isdigit() and len(cvc) in lengths):
        return Fault(Wrong.ODD_CVC, {"digits": lengths[0]})
    return None


def _check_postcode(postcode: str, country: str) -> Fault | None:
    fault = _check_text(postcode, MAX_POSTCODE)
    if fault is not None or country not in _HAVE_UK_POSTCODES:
        return fault  # not every country has postcodes
    if not postcode:
        return Fault(Wrong.ENTER_POSTCODE)
    is_whole = _UK_POSTCODE.fullmatch(_SEPARATORS.sub("", postcode))
    return None if is_whole else Fault(Wrong.ODD_POSTCODE)


def _check_email(email: str) -> Fault | None:
    fault = _check_text(email, MAX_EMAIL)
    return fault or (None if _is_email(email) else Fault(Wrong.ENTER_EMAIL))


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None and _DOMAIN.fullmatch(text.partition("@")[2]) is not None


def _check_text(text: str, most: int = MAX_TEXT) -> Fault | None:
    if len(text) > most:
        return Fault(Wrong.TOO_LONG, {"most": most})
    return Fault(Wrong.HAS_NUMBER) if hides_number(text) else None


def _require(text: str, wrong: Wrong) -> Fault | None:
    return None if text else Fault(wrong)


def _is_number(text: str, most: int, least: int = 1) -> bool:
    return text.isascii() and text.isdigit() and least <= len(text) <= most
