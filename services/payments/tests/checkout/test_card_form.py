"""The form of the card page: what is wrong with it, and what may be kept and shown again."""

from datetime import date

import pytest

from chassis.web import Form
from payments.checkout.routes.card_form import check_card_form, read_card_form
from payments.checkout.rules.card_form import Wrong, check, read_payer
from payments.checkout.rules.countries import list_countries
from payments.shared.sandbox_cards import ACCEPTED

TODAY = date(2026, 11, 30)
COUNTRIES = list_countries("en")
GOOD = {
    "cardNo": "4242 4242 4242 4242",
    "expiryMonth": "11",
    "expiryYear": "26",
    "cardholderName": "Zoë O'Neil",
    "cvc": "123",
    "addressLine1": "1 High Street",
    "addressLine2": "",
    "addressCity": "Citytown",
    "addressPostcode": "ba11lj",
    "addressCountry": "GB",
    "email": "zoe@payer.example",
}


def find_faults(**changes):
    """Return what is wrong with each field of a form."""
    card_form = read_card_form(Form(GOOD | changes))
    return {field: fault.wrong for field, fault in check(card_form, TODAY, COUNTRIES).items()}


def test_a_good_form_has_no_faults_and_what_is_kept_has_no_card():
    assert find_faults() == {}
    details = read_payer(read_card_form(Form(GOOD)))
    assert details.expiry_date == "11/26"
    assert details.billing_address == {
        "line1": "1 High Street",
        "city": "Citytown",
        "postcode": "ba11lj",
        "country": "GB",
    }
    assert "4242" not in repr(read_card_form(Form(GOOD)))


@pytest.mark.parametrize(
    ("field", "text", "element", "wrong"),
    [
        ("cardNo", "", "card-no", Wrong.ENTER_NUMBER),
        ("cardNo", "12345", "card-no", Wrong.ODD_NUMBER),
        ("cardNo", "4929 4212 3460 0821", "card-no", Wrong.NOT_TEST),
        ("cardNo", "6759649826438453", "card-no", Wrong.BRAND),
        ("expiryMonth", "13", "expiry-month", Wrong.ENTER_EXPIRY),
        ("expiryMonth", "0", "expiry-month", Wrong.ENTER_EXPIRY),
        ("expiryMonth", "10", "expiry-month", Wrong.PAST_EXPIRY),
        ("expiryYear", "2025", "expiry-month", Wrong.PAST_EXPIRY),
        ("expiryYear", "2047", "expiry-month", Wrong.ENTER_EXPIRY),
        ("expiryYear", "²⁶", "expiry-month", Wrong.ENTER_EXPIRY),
        ("cardholderName", "", "cardholder-name", Wrong.ENTER_NAME),
        ("cardholderName", "4000 0566 5566 5556", "cardholder-name", Wrong.HAS_NUMBER),
        ("cvc", "", "cvc", Wrong.ENTER_CVC),
        ("cvc", "1234", "cvc", Wrong.ODD_CVC),
        ("addressLine1", "", "address-line-1", Wrong.ENTER_LINE),
        ("addressLine1", "card 4929-4212-3460-0821", "address-line-1", Wrong.HAS_NUMBER),
        ("addressLine2", "222100000000000", "address-line-2", Wrong.HAS_NUMBER),
        ("addressLine2", "x" * 256, "address-line-2", Wrong.TOO_LONG),
        ("addressCity", "\uff14\uff19\uff12\uff19421234600821", "address-city", Wrong.HAS_NUMBER),
        ("addressCity", "", "address-city", Wrong.ENTER_CITY),
        ("addressCountry", "ZZ", "address-country", Wrong.ENTER_COUNTRY),
        ("addressPostcode", "", "address-postcode", Wrong.ENTER_POSTCODE),
        ("addressPostcode", "BA1", "address-postcode", Wrong.ODD_POSTCODE),
        ("addressPostcode", "4929421234600821", "address-postcode", Wrong.HAS_NUMBER),
        ("email", "zoe", "email", Wrong.ENTER_EMAIL),
        ("email", "zoe@payer", "email", Wrong.ENTER_EMAIL),
        ("email", "zoe@payer..example", "email", Wrong.ENTER_EMAIL),
        ("email", "zoe,ben@payer.example", "email", Wrong.ENTER_EMAIL),
        ("email", "z" * 65 + "@payer.example", "email", Wrong.ENTER_EMAIL),
        ("email", "4929421234600821@payer.example", "email", Wrong.HAS_NUMBER),
        ("email", "z@" + "x" * 253, "email", Wrong.TOO_LONG),
    ],
)
def test_each_field_says_what_is_wrong_with_it(field, text, element, wrong):
    assert find_faults(**{field: text}) == {element: wrong}


def test_an_american_express_card_has_a_code_of_4_digits():
    assert find_faults(cardNo="371449635398431") == {"cvc": Wrong.ODD_CVC}
    assert find_faults(cardNo="371449635398431", cvc="1234") == {}


def test_a_postcode_is_asked_for_where_there_are_ours():
    assert find_faults(addressCountry="IE", addressPostcode="") == {}
    assert find_faults(addressCountry="IE", addressPostcode="D02 AF30") == {}
    assert find_faults(addressCountry="JE", addressPostcode="") == {"address-postcode": Wrong.ENTER_POSTCODE}


@pytest.mark.parametrize("number", sorted(ACCEPTED))
@pytest.mark.parametrize("field", ["cardholderName", "addressLine1", "addressLine2", "addressCity", "email"])
def test_a_card_number_in_another_field_is_not_shown_again(field, number):
    form = Form(GOOD | {field: f"x {number[:4]}-{number[4:]} y"})
    echo = check_card_form(form, read_card_form(form), TODAY, COUNTRIES)
    assert echo.errors
    assert echo.get(field) == ""


def test_the_number_and_the_security_code_are_never_shown_again():
    form = Form(GOOD | {"email": ""})
    echo = check_card_form(form, read_card_form(form), TODAY, COUNTRIES)
    assert (echo.get("cardNo"), echo.get("cvc")) == ("", "")
    assert echo.get("cardholderName") == "Zoë O'Neil"


def test_countries_are_those_of_iso_3166_in_both_languages_the_united_kingdom_first():
    english, welsh = list_countries("en"), list_countries("cy")
    assert set(english) == set(welsh)
    assert len(english) == 250  # the 249 of ISO 3166-1, and Kosovo
    assert [next(iter(names.values())) for names in (english, welsh)] == [
        "United Kingdom",
        "Y Deyrnas Unedig",
    ]
    names = list(english.values())
    assert names.index("Åland Islands") < names.index("Albania")
