"""Phone numbers as people type them, and the segments and templates of SMS."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.messages import Channel
from identity.accounts.rules import factors
from identity.factors.rules import phones, sms_segments
from identity.factors.rules.phones import NumberError
from identity.messages.actions import messages

LONG_DOMAIN = "identity.north-east-somerset.gov.uk"
TEMPLATES = sorted(messages.templates.list_names(Channel.SMS))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("07400 123456", "+447400123456"),
        ("(07400) 123-456", "+447400123456"),
        ("+44 (0)7400 123456", "+447400123456"),
        ("0044 7400 123456", "+447400123456"),
        ("07400\u2011123\u00a0456", "+447400123456"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("+1 202-555-0123", "+12025550123"),
    ],
)
def test_a_number_is_parsed_as_people_type_it(typed, number):
    assert phones.parse(typed) == number


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "format"),
        ("999", "format"),
        ("07400 12345", "format"),
        ("07400a123456", "format"),
        ("07400 123456 ext 5", "format"),
        ("07400 123456; DROP", "format"),
        ("+44" + "7" * 60, "format"),
        ("+999 12345678", "format"),
        ("07700 900123", "format"),
        ("07612 345678", "format"),
        ("0901 234 5678", "costly"),
        ("0845 123 4567", "costly"),
        ("070 1234 5678", "costly"),
        ("+1 900 555 1234", "costly"),
        ("+881 6 1234 5678", "costly"),
        ("07640 123456", "costly"),
        ("01225 477000", "no-texts"),
        ("0330 123 4567", "no-texts"),
        ("0800 123456", "no-texts"),
    ],
)
def test_a_number_that_is_invalid_or_costs_too_much_is_refused(typed, fault):
    with pytest.raises(NumberError) as error:
        phones.parse(typed)
    assert error.value.fault == fault


def test_a_foreign_number_is_refused_where_they_are_not_allowed():
    with pytest.raises(NumberError) as error:
        phones.parse("+33612345678", abroad=False)
    assert error.value.fault == "abroad"
    assert phones.parse("07400 123456", abroad=False) == "+447400123456"


def test_fictional_numbers_are_taken_only_on_a_laptop():
    assert phones.parse("07700 900123", fictional=True) == "+447700900123"


@given(st.text(max_size=60) | st.text("+0123456789 ()-", max_size=20))
def test_anything_typed_is_a_number_or_refused(typed):
    try:
        number = phones.parse(typed)
    except NumberError:
        return
    assert phones.parse(number) == number
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()


def test_a_number_is_formatted_as_people_write_it_or_cut_to_three_digits():
    assert phones.format_number("+447400123456") == "07400 123456"
    assert phones.format_number("+33612345678") == "+33 6 12 34 56 78"
    assert phones.last_digits("+447400123456") == "456"


def test_the_library_is_loaded_with_the_first_number_and_without_places():
    script = (
        "import sys; from identity.factors.rules import phones; import identity.factors.actions.phones;"
        "assert 'phonenumbers' not in sys.modules; phones.parse('07400 123456');"
        "loaded = [name for name in sys.modules if name.startswith('phonenumbers.')];"
        "assert loaded; heavy = ('geodata', 'carrier', 'timezone', 'geocoder', 'tzdata');"
        "assert not [name for name in loaded if name.split('.')[1].startswith(heavy)], loaded"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ŵ" * 70, 1),
        ("ŵ" * 71, 2),
        ("ŷ" * 134, 2),
        ("â" + "a" * 134, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_an_sms_has_as_many_segments_as_a_network_counts(text, segments):
    assert sms_segments.count_segments(text) == segments


def render_sms(name, language, domain="identity.citytown.gov.uk"):
    values = {"code": "123456", "domain": domain}
    placeholders = messages.templates.list_placeholders(Channel.SMS, name, language)
    needed = {key: values[key] for key in placeholders}
    return messages.templates.render(Channel.SMS, name, language, needed).body


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_an_sms_is_one_segment_in_either_language(name, language):
    """With a long domain it may take a second segment; characters outside GSM would make it three."""
    text = render_sms(name, language)
    assert sms_segments.is_gsm(text), text
    assert sms_segments.count_segments(text) == 1, len(text)
    assert sms_segments.count_segments(render_sms(name, language, LONG_DOMAIN)) <= 2


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_sms_is_in_both_languages_and_has_no_link(name):
    english, welsh = render_sms(name, "en"), render_sms(name, "cy")
    assert english != welsh
    for text in (english, welsh):
        assert "Townhall" in text
        assert "//" not in text
        assert "www" not in text


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.endswith("-code")])
def test_an_sms_with_a_code_can_be_autofilled_and_warns_to_tell_nobody(name, language):
    text = render_sms(name, language)
    assert text.startswith("123456 ")
    assert text.splitlines()[-1] == "@identity.citytown.gov.uk #123456"
    assert {"en": "Never give it to anybody", "cy": "Ni ddylid ei roi i neb"}[language] in text


def test_sms_are_a_second_factor_and_never_enough_alone():
    assert factors.level({factors.EMAIL, factors.SMS}) == factors.TWO_FACTORS
    assert factors.level({factors.SMS}) == factors.ONE_FACTOR
    for methods in ({factors.SMS}, {factors.SMS, factors.AUTHENTICATOR}, {factors.SMS, factors.RECOVERY}):
        for has_second in (True, False):
            assert not factors.is_complete(methods, has_second=has_second)
    assert not factors.is_complete({factors.EMAIL}, has_second=True)
    assert factors.is_complete({factors.PASSWORD, factors.SMS}, has_second=True)
