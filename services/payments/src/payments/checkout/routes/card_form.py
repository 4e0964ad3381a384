"""The form of the card page: read it, and say what is wrong with it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import Request
from sqlalchemy import Row

from chassis.problems import Problem
from chassis.web import Form, form_body, gettext_noop
from payments.checkout.rules.card_form import (
    MAX_EMAIL,
    MAX_POSTCODE,
    MAX_TEXT,
    CardForm,
    Wrong,
    check,
    hides_number,
)
from payments.checkout.rules.countries import UNITED_KINGDOM

_MESSAGES = {
    Wrong.ENTER_NUMBER: gettext_noop("Enter your card number"),
    Wrong.ODD_NUMBER: gettext_noop("Enter a valid card number"),
    Wrong.NOT_TEST: gettext_noop("Enter the number of a test card. Real cards are not accepted here"),
    Wrong.BRAND: gettext_noop("This type of card is not accepted. Use another card"),
    Wrong.ENTER_EXPIRY: gettext_noop("Enter the expiry date, for example 10 29"),
    Wrong.PAST_EXPIRY: gettext_noop("The expiry date must be in the future"),
    Wrong.ENTER_NAME: gettext_noop("Enter the name as it appears on the card"),
    Wrong.HAS_NUMBER: gettext_noop("Do not enter a card number here"),
    Wrong.TOO_LONG: gettext_noop("Enter no more than %(most)s characters"),
    Wrong.ENTER_CVC: gettext_noop("Enter the card security code"),
    Wrong.ODD_CVC: gettext_noop("Enter a card security code of %(digits)s digits"),
    Wrong.ENTER_LINE: gettext_noop("Enter a building number or name and street"),
    Wrong.ENTER_CITY: gettext_noop("Enter a town or city"),
    Wrong.ENTER_POSTCODE: gettext_noop("Enter a postcode"),
    Wrong.ODD_POSTCODE: gettext_noop("Enter a full UK postcode, for example BA1 1LJ"),
    Wrong.ENTER_COUNTRY: gettext_noop("Choose a country or territory"),
    Wrong.ENTER_EMAIL: gettext_noop("Enter an email address, such as name@example.com"),
}
# What the page echoes after an error, in the order of the page. Never the number and the security code.
_ECHOED = {
    "expiryMonth": 4,
    "expiryYear": 4,
    "cardholderName": MAX_TEXT,
    "addressCountry": 2,
    "addressLine1": MAX_TEXT,
    "addressLine2": MAX_TEXT,
    "addressCity": MAX_TEXT,
    "addressPostcode": MAX_POSTCODE,
    "email": MAX_EMAIL,
}
CARD_FORM = form_body(cardNo=40, cvc=4, **_ECHOED)


def read_card_form(form: Form) -> CardForm:
    """Read what the payer typed."""
    texts = {name: form.get(name, most) for name, most in _ECHOED.items()}
    return CardForm(
        number=form.get("cardNo", 40),
        expiry_month=texts["expiryMonth"],
        expiry_year=texts["expiryYear"],
        name=texts["cardholderName"],
        cvc=form.get("cvc", 4),
        line1=texts["addressLine1"],
        line2=texts["addressLine2"],
        city=texts["addressCity"],
        postcode=texts["addressPostcode"],
        country=texts["addressCountry"],
        email=texts["email"],
    )


def check_card_form(form: Form, card_form: CardForm, today: date, countries: Mapping[str, str]) -> Form:
    """Return the form as it is shown again, with its errors, and without anything of a card's number."""
    echo = Form(
        {
            name: text
            for name, most in _ECHOED.items()
            if len(text := form.get(name, most)) <= most and not hides_number(text)
        }
    )
    for field, fault in check(card_form, today, countries).items():
        echo.error(field, _MESSAGES[fault.wrong], **fault.values)
    return echo


def prefill_card_form(row: Row[Any]) -> Form:
    """Begin the form with what the service knows."""
    address = row.billing_address or {}
    return Form(
        {
            "cardholderName": row.cardholder_name or "",
            "email": row.email or "",
            "addressLine1": address.get("line1", ""),
            "addressLine2": address.get("line2", ""),
            "addressCity": address.get("city", ""),
            "addressPostcode": address.get("postcode", ""),
            "addressCountry": address.get("country", UNITED_KINGDOM),
        }
    )


async def read_foreign_form(request: Request) -> Form:
    """Read a form from a service's own page: it has no token of ours, and what it may do is its link's."""
    try:
        return Form.read(await request.body())
    except ValueError as error:
        raise Problem(400, "invalid-request", "The form cannot be read.") from error
